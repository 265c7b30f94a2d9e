import CLinuxSockets
import FlowModel
import Glibc

/// A bound, non-blocking UDP socket that datagrams are received from.
final class UDPSocket: Sendable {
    let descriptor: Descriptor
    /// Where it is bound, with the port the kernel chose where 0 was asked for.
    let address: ListenAddress

    /// Binds to `address`; with `sharesPort`, beside other sockets that do (`SO_REUSEPORT`).
    ///
    /// For `:PORT` it is an IPv6 socket that takes IPv4 too, or an IPv4 one where the machine has no IPv6.
    init(bindingTo address: ListenAddress, sharesPort: Bool) throws(SocketError) {
        do throws(SocketError) {
            descriptor = try Self.bound(to: address, isV6: address.host?.isV4 != true, sharesPort: sharesPort)
        } catch let error where address.host == nil && (error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL) {
            descriptor = try Self.bound(to: address, isV6: false, sharesPort: sharesPort)
        }
        var local = weir_endpoint()
        try checked(unsafe weir_local_endpoint(descriptor.number, &local), "listen \(address)")
        self.address = ListenAddress(host: address.host, port: local.port)
    }

    private static func bound(to address: ListenAddress, isV6: Bool, sharesPort: Bool) throws(SocketError) -> Descriptor {
        let action = "listen \(address)"
        let descriptor = Descriptor(try checked(weir_udp_socket(isV6, true), action))
        if isV6 { try checked(weir_set_v6_only(descriptor.number, address.host != nil), action) }
        if sharesPort { try checked(weir_set_reuse_port(descriptor.number), action) }
        // The unspecified address of IPv6 has the lower 32 bits of IPv4's.
        let host = address.host ?? .unspecified
        let endpoint = weir_endpoint(high: host.high, low: host.low, port: address.port)
        let result = weir_bind(descriptor.number, isV6, endpoint)
        try checked(result, action, hint: result == -EADDRINUSE ? "is another Weir running?" : nil)
        return descriptor
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
