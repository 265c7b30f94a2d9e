import FlowModel

/// Where a listener takes datagrams: one address of this machine or all of them, and a port.
package struct ListenAddress: Hashable, Sendable {
    /// The address; nil for all addresses of both families. `0.0.0.0` is all of IPv4, `::` all of IPv6.
    package var host: IPAddress?
    /// The port; 0 lets the kernel choose one.
    package var port: UInt16

    package init(host: IPAddress?, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `:PORT`, `V4:PORT` or `[V6]:PORT`. A name is refused: which of its addresses was meant would be a guess.
    package init(_ text: String) throws(AddressError) {
        let examples = "\":2055\", \"127.0.0.1:2055\" or \"[::1]:2055\""
        let parts = try HostPort(text, examples: examples)
        port = parts.port
        guard parts.isBracketed || !parts.host.isEmpty else {
            host = nil
            return
        }
        guard let address = IPAddress(parts.host), parts.isBracketed == parts.host.contains(":") else {
            throw AddressError(text: text, reason: "does not begin with an IP address of this machine (try \(examples))")
        }
        host = address
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As it is written in the configuration.
    package var description: String {
        guard let host else { return ":\(port)" }
        return host.isV4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}
