import Simulator

/// What `weir demo` is to do.
package struct DemoOptions: Sendable {
    /// Where it serves HTTP.
    package var listen = "127.0.0.1:9478"
    /// UDP address that the exporters send to.
    package var flows = "127.0.0.1:2055"
    /// How long it runs, seconds; nil: until Ctrl-C.
    package var seconds: Int64?
    package var seed: UInt64 = 1
    package var scenario = Scenario()

    package init() {}
}
