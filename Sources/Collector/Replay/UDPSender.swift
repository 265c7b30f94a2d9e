import CLinuxSockets
import FlowModel
import Glibc

/// A UDP socket that sends from one address and port of this machine to one destination. It waits where the kernel has no room.
package final class UDPSender: Sendable {
    private let descriptor: Descriptor
    private let destination: UDPDestination
    /// The address it sends from.
    package let source: IPAddress
    /// The port it sends from.
    package let sourcePort: UInt16

    /// A sender to `destination`.
    ///
    /// - Parameter source: an address of this machine, of the destination's family; nil lets the kernel choose.
    /// - Parameter sourcePort: 0 lets the kernel choose one that nobody has.
    package init(to destination: UDPDestination, from source: IPAddress? = nil, sourcePort: UInt16 = 0) throws(SocketError) {
        let isV6 = !destination.address.isV4
        let action = source.map { "send from \($0) to \(destination)" } ?? "send to \(destination)"
        descriptor = Descriptor(try checked(weir_udp_socket(isV6, false), action))
        self.destination = destination
        if source != nil || sourcePort != 0 {
            let address = source ?? .unspecified
            guard address.isUnspecified || address.isV4 != isV6 else { throw SocketError(action, code: EAFNOSUPPORT) }
            let local = weir_endpoint(high: address.high, low: address.low, port: sourcePort)
            try checked(weir_bind(descriptor.number, isV6, local), action)
        }
        let remote = weir_endpoint(high: destination.address.high, low: destination.address.low, port: destination.port)
        try checked(weir_connect(descriptor.number, isV6, remote), action)
        var local = weir_endpoint()
        try checked(unsafe weir_local_endpoint(descriptor.number, &local), action)
        self.source = IPAddress(high: local.high, low: local.low)
        self.sourcePort = local.port
    }

    /// Sends every datagram of the batch, in order.
    ///
    /// - Returns: how often the destination has answered that nobody listens there (ICMP port unreachable), for datagrams sent before.
    @discardableResult
    package func send(_ batch: borrowing SendBatch) throws(SocketError) -> Int {
        try unsafe send(batch.outgoing, count: batch.count)
    }

    /// Sends one datagram, as `send(_:)` does a batch.
    @discardableResult
    package func send(_ payload: UnsafeRawBufferPointer) throws(SocketError) -> Int {
        var datagram = unsafe weir_outgoing(payload: payload.baseAddress, length: payload.count)
        return try unsafe withUnsafePointer(to: &datagram) { pointer throws(SocketError) in try unsafe send(pointer, count: 1) }
    }

    private func send(_ datagrams: UnsafePointer<weir_outgoing>, count: Int) throws(SocketError) -> Int {
        var sent = 0
        var unheard = 0
        while sent < count {
            let result = Int(unsafe weir_send(descriptor.number, datagrams + sent, UInt32(count - sent)))
            if result >= 0 {
                sent += result
            } else if result == -Int(ECONNREFUSED) {
                // The answer to an earlier datagram; asking has cleared it, so the next call sends.
                unheard += 1
            } else if result != -Int(EINTR) {
                throw SocketError("send to \(destination)", code: Int32(-result))
            }
        }
        return unheard
    }
}
