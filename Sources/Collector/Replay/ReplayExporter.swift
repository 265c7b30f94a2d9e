import FlowModel

/// An exporter of a capture, and the address its datagrams are sent from.
package struct ReplayExporter: Sendable, Equatable {
    /// Its address in the capture.
    package let captured: IPAddress
    /// The address of this machine that stands for it.
    package let local: IPAddress
    /// Another exporter of the capture that is sent from the same address, so that the receiver takes the two for one.
    package let mistakenFor: IPAddress?
}

extension ReplayExporter: CustomStringConvertible {
    /// A line for the user, with the remedy where exporters cannot be kept apart.
    package var description: String {
        let line = "\(captured) is sent from \(local)"
        guard let mistakenFor else { return line }
        let remedy =
            local == IPAddress(high: 0, low: 1)
            ? "IPv6 has one loopback address only: replay to 127.0.0.1"
            : "give it another address of this machine with --source \(captured)=ADDRESS"
        return "\(line), as \(mistakenFor) is, so the receiver takes them for one exporter (\(remedy))"
    }
}
