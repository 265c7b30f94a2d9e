import CLinuxSockets
import FlowModel

/// A bound, non-blocking UDP socket that datagrams are received from.
final class UDPSocket: Sendable {
    let descriptor: Descriptor
    /// Where it is bound, with the port the kernel chose where 0 was asked for.
    let address: ListenAddress

    /// Binds to `address`; with `sharesPort`, beside other sockets that do (`SO_REUSEPORT`).
    init(bindingTo address: ListenAddress, sharesPort: Bool) throws(SocketError) {
        let bound = try BoundSocket(address, sharesPort: sharesPort) { weir_udp_socket($0, true) }
        descriptor = bound.descriptor
        self.address = bound.address
    }

    /// Makes the kernel stamp datagrams with their time and count its drops, and asks for a receive buffer.
    ///
    /// - Returns: the octets granted, less than asked for where `net.core.rmem_max` is lower and the process lacks CAP_NET_ADMIN.
    func prepareToReceive(receiveBuffer: Int) throws(SocketError) -> Int {
        weir_set_receive_details(descriptor.number)
        return Int(try checked(weir_set_receive_buffer(descriptor.number, Int32(clamping: receiveBuffer)), "listen \(address): receive buffer"))
    }

    /// Datagrams the kernel has dropped since the socket was made, modulo 2³²; nil where it does not tell.
    var drops: UInt32? { UInt32(exactly: weir_socket_drops(descriptor.number)) }
}
