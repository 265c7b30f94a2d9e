/// What `weir decode` was asked for.
package struct DecodeOptions: Sendable {
    /// What is printed.
    package enum Output: Sendable {
        /// Each flow as sent.
        case flows(FlowFormatter.Form)
        /// What `/metrics` would say of the whole, with nothing withheld.
        case metrics
    }

    package var output = Output.flows(.text)
    /// Captures; `-` is standard input.
    package var files: [String] = []
    /// Addresses to listen on, where no captures are read.
    package var listen: [String] = []
    /// UDP ports to which datagrams of a capture are read; empty: all.
    package var ports: Set<UInt16> = []
    /// Flows after which it ends.
    package var maximumFlows: Int?
    package var configuration: WeirConfiguration

    package init(configuration: WeirConfiguration) {
        self.configuration = configuration
    }
}
