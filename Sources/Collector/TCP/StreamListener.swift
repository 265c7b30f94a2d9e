import CLinuxSockets

/// A bound, non-blocking TCP socket that connections come to.
final class StreamListener: Sendable {
    let descriptor: Descriptor
    /// Where it is bound, with the port the kernel chose where 0 was asked for.
    let address: ListenAddress

    /// Connections that may wait in the kernel, which has a bound of its own (`net.core.somaxconn`).
    private static let backlog: Int32 = 1024

    /// Binds to `address` and listens.
    init(bindingTo address: ListenAddress) throws(SocketError) {
        let bound = try BoundSocket(address) { weir_tcp_socket($0) }
        descriptor = bound.descriptor
        self.address = bound.address
        let result = weir_listen(descriptor.number, Self.backlog)
        try checked(result, "listen \(address) for TCP", hint: nil)
    }
}
