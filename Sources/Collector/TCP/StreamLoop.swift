import CLinuxSockets
import FlowModel
import Glibc

/// The thread of all TCP connections: accepts them, hands their messages to its sink, and drains them when the collector stops.
///
/// What a connection sends is read into one buffer for all; a connection itself holds the message begun, no more than has come of it.
@safe final class StreamLoop {
    /// The tag of the stop event; listeners have those from `listenerTags` on, connections the number of their slot.
    static let stopTag = UInt32.max
    static let listenerTags: UInt32 = 1 << 31
    /// Octets read from a connection before others have their turn.
    private static let readSize = 256 << 10
    /// Connections accepted, and messages handed over, at once.
    private static let batch = Int(WEIR_BATCH)
    /// Nanoseconds between two reviews of all connections.
    private static let idleInterval: Int64 = 100_000_000
    /// Nanoseconds that draining may take.
    private static let drainLimit: Int64 = 1_000_000_000

    /// One open connection.
    private struct Peer {
        let descriptor: Descriptor
        let connection: StreamConnection
        var progress: StreamProgress
    }

    private let listeners: [StreamListener]
    private let poll: Descriptor
    /// Held so that it is open until this thread has seen it.
    private let stop: Descriptor
    private let gate: SourceGate
    private let limits: StreamLimits
    private let counters: StreamCounters
    private let sink: any DatagramSink

    private let buffer: UnsafeMutableRawBufferPointer
    private var datagrams: [weir_datagram] = unsafe []
    private var filter: SourceFilter
    private var filterGeneration: UInt64
    /// The filter that the connections were last tried against.
    private var reviewedGeneration: UInt64
    private var admission: StreamAdmission
    /// By slot; nil: the slot is free.
    private var peers: [Peer?] = []
    private var freeSlots: [Int] = []
    private var lastNumber: UInt32 = 0
    /// Octets of messages begun, of all connections.
    private var heldOctets = 0
    /// Listeners that wait for a descriptor to become free.
    private var paused: [Int] = []

    init(
        listeners: [StreamListener], poll: Descriptor, stop: Descriptor, gate: SourceGate, limits: StreamLimits, counters: StreamCounters,
        sink: any DatagramSink
    ) {
        self.listeners = listeners
        self.poll = poll
        self.stop = stop
        self.gate = gate
        self.limits = limits
        self.counters = counters
        self.sink = sink
        unsafe buffer = .allocate(byteCount: Self.readSize, alignment: 64)
        unsafe datagrams.reserveCapacity(Self.batch)
        (filter, filterGeneration) = gate.current
        reviewedGeneration = filterGeneration
        admission = StreamAdmission(limits: limits)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// Receives until the stop event is signalled; then takes what the kernel still holds, and closes everything.
    func run() {
        var ready = [UInt32](repeating: 0, count: Self.batch)
        var stopping = false
        var nextIdle = weir_monotonic_time() &+ Self.idleInterval
        while !stopping {
            let count = unsafe weir_poll_wait(poll.number, &ready, Int32(ready.count), Int32(Self.idleInterval / 1_000_000))
            for tag in ready.prefix(Int(count)) {
                switch tag {
                case Self.stopTag: stopping = true
                case Self.listenerTags...: accept(from: Int(tag - Self.listenerTags))
                default: read(Int(tag))
                }
            }
            let now = weir_monotonic_time()
            if now >= nextIdle {
                nextIdle = now &+ Self.idleInterval
                review(now)
                sink.idle(now: Timestamp(nanoseconds: weir_wall_time()))
            }
        }
        drain()
        sink.drained(now: Timestamp(nanoseconds: weir_wall_time()))
        poll.close()
        for listener in listeners { listener.descriptor.close() }
    }

    private func drain() {
        let deadline = weir_monotonic_time() &+ Self.drainLimit
        var found = true
        while found, weir_monotonic_time() < deadline {
            found = false
            for index in listeners.indices where accept(from: index) { found = true }
            for slot in peers.indices where read(slot) { found = true }
        }
        for slot in peers.indices { end(slot, nil) }
    }

    // MARK: Connections

    /// Accepts what waits at a listener, so many at once; whether there was anybody.
    @discardableResult
    private func accept(from index: Int) -> Bool {
        gate.refresh(&filter, &filterGeneration)
        for turn in 0..<Self.batch {
            var peer = weir_endpoint()
            let accepted = unsafe weir_accept(listeners[index].descriptor.number, &peer)
            guard accepted >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(-accepted) { pause(index) }
                return turn > 0
            }
            admit(Descriptor(accepted), IPAddress(high: peer.high, low: peer.low), peer.port, to: index)
        }
        return true
    }

    private func admit(_ descriptor: Descriptor, _ source: IPAddress, _ port: UInt16, to listener: Int) {
        if let refusal = admission.admit(source, filter: filter) {
            weir_set_abrupt(descriptor.number)
            descriptor.close()
            counters.refused(refusal)
            if refusal == .notAllowed { gate.refused.note(source) }
            return
        }
        weir_set_keep_alive(descriptor.number, limits.keepAlive)
        // 0 is UDP's.
        lastNumber = lastNumber == .max ? 1 : lastNumber + 1
        let connection = StreamConnection(
            number: lastNumber, source: source, sourcePort: port, localPort: listeners[listener].address.port, listener: listener)
        let peer = Peer(descriptor: descriptor, connection: connection, progress: StreamProgress(now: weir_monotonic_time()))
        let slot = freeSlots.popLast() ?? peers.count
        if slot == peers.count { peers.append(peer) } else { peers[slot] = peer }
        counters.opened()
        if weir_poll_add(poll.number, descriptor.number, UInt32(slot)) < 0 { end(slot, .failed) }
    }

    /// Closes a connection; its session has ended.
    private func end(_ slot: Int, _ reason: StreamStatistics.Ending?) {
        guard let peer = peers[slot] else { return }
        switch reason {
        case nil, .closed, .incomplete, .failed: break
        // The kernel would go on to hold the connection for a peer that misbehaves.
        case .wrongVersion, .wrongLength, .stalled, .idle, .notAllowed: weir_set_abrupt(peer.descriptor.number)
        }
        peer.descriptor.close()
        peers[slot] = nil
        heldOctets -= peer.progress.heldOctets
        freeSlots.append(slot)
        admission.leave(peer.connection.source)
        sink.closed(peer.connection, now: Timestamp(nanoseconds: weir_wall_time()))
        counters.ended(reason)
    }

    /// Closes what is overdue or no longer allowed, and tries paused listeners again.
    private func review(_ now: Int64) {
        gate.refresh(&filter, &filterGeneration)
        let isOtherFilter = filterGeneration != reviewedGeneration
        reviewedGeneration = filterGeneration
        for slot in peers.indices {
            guard let peer = peers[slot] else { continue }
            if isOtherFilter, !filter.allows(peer.connection.source) {
                end(slot, .notAllowed)
            } else if let reason = peer.progress.overdue(at: now, limits) {
                end(slot, reason)
            }
        }
        for index in paused { weir_poll_add(poll.number, listeners[index].descriptor.number, Self.listenerTags + UInt32(index)) }
        paused = []
    }

    /// Leaves a listener alone until the next review: there is no descriptor for the connection that waits, and it would be reported again and again.
    private func pause(_ index: Int) {
        guard !paused.contains(index) else { return }
        weir_poll_remove(poll.number, listeners[index].descriptor.number)
        paused.append(index)
    }

    // MARK: Messages

    /// Reads once from a connection and hands on the messages that are whole; whether anything came.
    @discardableResult
    private func read(_ slot: Int) -> Bool {
        // The progress stays where it is: a copy of it would make every octet copy the message begun.
        guard slot < peers.count, let (descriptor, connection) = peers[slot].map({ ($0.descriptor, $0.connection) }) else { return false }
        let count = unsafe weir_read(descriptor.number, buffer.baseAddress, buffer.count)
        guard count > 0 else {
            switch -Int32(clamping: count) {
            case 0: end(slot, peers[slot]?.progress.messageBegan != nil ? .incomplete : .closed)
            case EAGAIN, EINTR: break
            default: end(slot, .failed)
            }
            return false
        }
        let octets = unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
        heldOctets -= peers[slot]?.progress.heldOctets ?? 0
        defer { makeRoom() }
        do {
            defer { heldOctets += peers[slot]?.progress.heldOctets ?? 0 }
            try unsafe peers[slot]?.progress.take(octets, now: weir_monotonic_time()) { unsafe deliver($0, of: connection) }
        } catch {
            switch error {
            case .version: end(slot, .wrongVersion)
            case .length: end(slot, .wrongLength)
            }
        }
        return true
    }

    /// Closes connections whose messages began first until what the others hold is within its bound.
    private func makeRoom() {
        while heldOctets > limits.heldOctets {
            let begun = peers.indices.compactMap { slot in peers[slot]?.progress.messageBegan.map { (slot, $0) } }
            guard let oldest = begun.min(by: { $0.1 < $1.1 }) else { return }
            end(oldest.0, .stalled)
        }
    }

    /// Hands messages to the sink, a batch at a time.
    private func deliver(_ messages: UnsafeRawBufferPointer, of connection: StreamConnection) {
        let now = weir_wall_time()
        unsafe MessageFraming.forEach(in: messages) { message in
            unsafe datagrams.append(
                weir_datagram(
                    payload: message.baseAddress, source_high: connection.source.high, source_low: connection.source.low, received: now,
                    length: UInt32(clamping: message.count), source_port: connection.sourcePort))
            if unsafe datagrams.count == Self.batch { hand(connection, now) }
        }
        hand(connection, now)
    }

    private func hand(_ connection: StreamConnection, _ now: Int64) {
        unsafe datagrams.withUnsafeBufferPointer { datagrams in
            guard let first = datagrams.baseAddress, !datagrams.isEmpty else { return }
            unsafe sink.receive(
                DatagramBatch(
                    datagrams: first, count: datagrams.count, listener: connection.listener, localPort: connection.localPort,
                    now: Timestamp(nanoseconds: now), receiveDrops: 0, connection: connection.number))
        }
        unsafe datagrams.removeAll(keepingCapacity: true)
    }
}
