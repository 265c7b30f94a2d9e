import CLinuxSockets
import FlowModel
import Glibc

/// A socket bound to an address of this machine.
struct BoundSocket {
    let descriptor: Descriptor
    /// Where it is bound, with the port the kernel chose where 0 was asked for.
    let address: ListenAddress

    /// Binds a new socket to `address`; with `sharesPort`, beside other sockets that do (`SO_REUSEPORT`).
    ///
    /// For `:PORT` it is an IPv6 socket that takes IPv4 too, or an IPv4 one where the machine has no IPv6.
    ///
    /// - Parameter socket: makes a socket, of IPv6 where it is given true.
    init(_ address: ListenAddress, sharesPort: Bool = false, socket: (Bool) -> Int32) throws(SocketError) {
        do throws(SocketError) {
            descriptor = try Self.bound(to: address, isV6: address.host?.isV4 != true, sharesPort: sharesPort, socket: socket)
        } catch let error where address.host == nil && (error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL) {
            descriptor = try Self.bound(to: address, isV6: false, sharesPort: sharesPort, socket: socket)
        }
        var local = weir_endpoint()
        try checked(unsafe weir_local_endpoint(descriptor.number, &local), "listen \(address)")
        self.address = ListenAddress(host: address.host, port: local.port)
    }

    private static func bound(
        to address: ListenAddress, isV6: Bool, sharesPort: Bool, socket: (Bool) -> Int32
    ) throws(SocketError) -> Descriptor {
        let action = "listen \(address)"
        let descriptor = Descriptor(try checked(socket(isV6), action))
        if isV6 { try checked(weir_set_v6_only(descriptor.number, address.host != nil), action) }
        if sharesPort { try checked(weir_set_reuse_port(descriptor.number), action) }
        // The unspecified address of IPv6 has the lower 32 bits of IPv4's.
        let host = address.host ?? .unspecified
        let endpoint = weir_endpoint(high: host.high, low: host.low, port: address.port)
        let result = weir_bind(descriptor.number, isV6, endpoint)
        try checked(result, action, hint: result == -EADDRINUSE ? "is another Weir running?" : nil)
        return descriptor
    }
}
