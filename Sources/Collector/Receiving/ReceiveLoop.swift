import CLinuxSockets
import FlowModel
import Glibc
import Synchronization

/// One receive thread: waits for its sockets, hands their datagrams to its sink, and drains them when the collector stops.
@safe final class ReceiveLoop {
    /// One socket of the thread.
    struct Input {
        let socket: UDPSocket
        let listener: Int
        let counters: ListenerCounters
        fileprivate var drops = DropMeter()
        /// Drops that no batch has told the sink of yet.
        fileprivate var untoldDrops: UInt64 = 0

        init(socket: UDPSocket, listener: Int, counters: ListenerCounters) {
            self.socket = socket
            self.listener = listener
            self.counters = counters
        }

        fileprivate mutating func note(_ total: UInt32) {
            let fresh = drops.advance(to: total)
            guard fresh > 0 else { return }
            untoldDrops &+= fresh
            counters.drops.wrappingAdd(fresh, ordering: .relaxed)
        }
    }

    /// The tag of the stop event among the inputs' indices.
    static let stopTag = UInt32.max
    /// Nanoseconds between two calls of the sink's `idle`.
    private static let idleInterval: Int64 = 100_000_000
    /// Nanoseconds that draining may take: traffic that goes on must not keep the collector from stopping.
    private static let drainLimit: Int64 = 1_000_000_000

    private var inputs: [Input]
    private let poll: Descriptor
    /// Held so that it is open until this thread has seen it: epoll forgets a descriptor that is closed, signalled or not.
    private let stop: Descriptor
    private let gate: SourceGate
    private let sink: any DatagramSink
    private let receiver: OpaquePointer
    private var filter: SourceFilter
    private var filterGeneration: UInt64

    init(inputs: [Input], poll: Descriptor, stop: Descriptor, gate: SourceGate, sink: any DatagramSink) {
        guard let receiver = unsafe weir_receiver_create() else { fatalError("no memory for a receive thread's buffers") }
        unsafe self.receiver = receiver
        self.inputs = inputs
        self.poll = poll
        self.stop = stop
        self.gate = gate
        self.sink = sink
        (filter, filterGeneration) = gate.current
    }

    deinit {
        unsafe weir_receiver_free(receiver)
    }

    /// Receives until the stop event is signalled; then takes what the kernel still holds, and closes the sockets.
    func run() {
        var ready = [UInt32](repeating: 0, count: inputs.count + 1)
        var stopping = false
        var nextIdle = weir_monotonic_time() &+ Self.idleInterval
        while !stopping {
            let count = unsafe weir_poll_wait(poll.number, &ready, Int32(ready.count), Int32(Self.idleInterval / 1_000_000))
            for tag in ready.prefix(Int(count)) {
                if tag == Self.stopTag { stopping = true } else { receive(from: Int(tag)) }
            }
            let now = weir_monotonic_time()
            if now >= nextIdle {
                nextIdle = now &+ Self.idleInterval
                readDrops()
                sink.idle(now: Timestamp(nanoseconds: weir_wall_time()))
            }
        }
        drain()
        readDrops()
        sink.drained(now: Timestamp(nanoseconds: weir_wall_time()))
        poll.close()
        for input in inputs { input.socket.descriptor.close() }
    }

    private func drain() {
        let deadline = weir_monotonic_time() &+ Self.drainLimit
        var found = true
        while found, weir_monotonic_time() < deadline {
            found = false
            for index in inputs.indices where receive(from: index) { found = true }
        }
    }

    /// Hands one batch of a socket to the sink; whether there was one.
    @discardableResult
    private func receive(from index: Int) -> Bool {
        var drops: UInt32 = 0
        var now: Int64 = 0
        let received = Int(unsafe weir_receive(receiver, inputs[index].socket.descriptor.number, &drops, &now))
        guard received > 0 else {
            if received < 0, received != -Int(EAGAIN), received != -Int(EINTR) { inputs[index].counters.errors.wrappingAdd(1, ordering: .relaxed) }
            return false
        }
        // The kernel leaves the total out while it is 0.
        if drops != 0 { inputs[index].note(drops) }

        gate.refresh(&filter, &filterGeneration)
        let count = filter.allowsAny ? received : keepAllowed(received)
        let input = inputs[index]
        if count < received { input.counters.refused.wrappingAdd(UInt64(received - count), ordering: .relaxed) }
        guard count > 0 else { return true }
        input.counters.received.wrappingAdd(UInt64(count), ordering: .relaxed)
        inputs[index].untoldDrops = 0
        sink.receive(
            unsafe DatagramBatch(
                datagrams: weir_receiver_datagrams(receiver), count: count, listener: input.listener, localPort: input.socket.address.port,
                now: Timestamp(nanoseconds: now), receiveDrops: input.untoldDrops))
        return true
    }

    /// Moves the datagrams of allowed sources to the front, in their order, and returns their number.
    private func keepAllowed(_ count: Int) -> Int {
        guard let datagrams = unsafe weir_receiver_datagrams(receiver) else { return 0 }
        var kept = 0
        for index in 0..<count {
            let source = unsafe IPAddress(high: datagrams[index].source_high, low: datagrams[index].source_low)
            guard filter.allows(source) else {
                gate.refused.note(source)
                continue
            }
            unsafe datagrams[kept] = datagrams[index]
            kept += 1
        }
        return kept
    }

    private func readDrops() {
        for index in inputs.indices {
            if let total = inputs[index].socket.drops { inputs[index].note(total) }
        }
    }
}
