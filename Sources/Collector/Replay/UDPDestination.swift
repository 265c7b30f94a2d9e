import CLinuxSockets
import FlowModel
import Glibc

/// Where datagrams are sent to.
package struct UDPDestination: Hashable, Sendable {
    package let address: IPAddress
    /// The port, 1...65,535.
    package let port: UInt16

    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `HOST:PORT` or `[V6]:PORT`, and `:PORT` for this machine. A name is resolved, which can take seconds and blocks the thread; where it
    /// has addresses of both families it is the IPv4 one, since only IPv4 has a loopback address for each exporter of a capture.
    package init(_ text: String) throws(AddressError) {
        let examples = "\"127.0.0.1:2055\" or \"[::1]:2055\""
        let parts = try HostPort(text, examples: examples)
        guard parts.port != 0 else { throw AddressError(text: text, reason: "has port 0, which nobody listens on (try \(examples))") }
        port = parts.port
        if parts.host.isEmpty {
            address = IPAddress(v4: 0x7F00_0001)
        } else if let written = IPAddress(parts.host) {
            address = written
        } else {
            var found = weir_endpoint()
            let code = unsafe weir_resolve(String(parts.host), &found)
            guard code == 0 else {
                throw AddressError(text: text, reason: "has a host that cannot be resolved: \(unsafe String(cString: gai_strerror(code)))")
            }
            address = IPAddress(high: found.high, low: found.low)
        }
    }

    /// Whether datagrams to it stay on this machine's loopback interface.
    package var isLoopback: Bool {
        address.v4.map { $0 >> 24 == 127 } ?? (address == IPAddress(high: 0, low: 1))
    }
}

extension UDPDestination: CustomStringConvertible {
    package var description: String { ListenAddress(host: address, port: port).description }
}
