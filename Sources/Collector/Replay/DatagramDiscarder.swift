import CLinuxSockets
import Glibc

/// A program's worth of receiving and nothing else: one thread takes datagrams with `recvmmsg` and throws them away. What any collector costs at least.
package final class DatagramDiscarder: Sendable {
    /// What came.
    package struct Totals: Sendable, Equatable {
        package var datagrams: UInt64 = 0
        package var bytes: UInt64 = 0
        /// Datagrams the kernel dropped.
        package var drops: UInt64 = 0
    }

    /// Where it listens.
    package let address: ListenAddress
    private let socket: UDPSocket

    /// Listens; `receiveBuffer` in octets.
    package init(listen: String, receiveBuffer: Int) throws {
        socket = try UDPSocket(bindingTo: ListenAddress(listen), sharesPort: false)
        address = socket.address
        _ = try checked(weir_set_receive_buffer(socket.descriptor.number, Int32(clamping: receiveBuffer)), "receive buffer")
    }

    /// Receives until `isStopped` says so, which is asked every 100 ms.
    package func run(until isStopped: () -> Bool) throws -> Totals {
        guard let receiver = unsafe weir_receiver_create() else { throw SocketError("receive", code: ENOMEM) }
        defer { unsafe weir_receiver_free(receiver) }
        let poll = Descriptor(try checked(weir_poll_create(), "epoll"))
        try checked(weir_poll_add(poll.number, socket.descriptor.number, 0), "epoll")
        var totals = Totals()
        var tag: UInt32 = 0
        var drops: UInt32 = 0
        var now: Int64 = 0
        while !isStopped() {
            guard unsafe weir_poll_wait(poll.number, &tag, 1, 100) > 0 else { continue }
            let count = Int(unsafe weir_receive(receiver, socket.descriptor.number, &drops, &now))
            guard count > 0, let datagrams = unsafe weir_receiver_datagrams(receiver) else { continue }
            totals.datagrams += UInt64(count)
            for index in 0..<count { totals.bytes += unsafe UInt64(datagrams[index].length) }
        }
        totals.drops = UInt64(socket.drops ?? 0)
        return totals
    }
}
