import CLinuxSockets
import FlowModel
import Glibc
import Synchronization

/// Listens for datagrams on every configured address with a few receive threads, and hands them in batches to sinks it does not know; IPFIX over TCP is one
/// thread more (`StreamLoop`), with a sink of its own.
///
/// Each thread has a socket of its own for each listener (`SO_REUSEPORT`): the kernel spreads by source address and port, so all datagrams of
/// one transport session come to one thread and one sink.
package final class Collector: Sendable {
    /// A listener that is open.
    package struct Listener: Sendable, Equatable {
        /// Where it is bound, with the port the kernel chose where 0 was configured.
        package let address: ListenAddress
        /// Octets of receive buffer that each of its sockets was granted; compare it with what was asked for.
        package let receiveBuffer: Int
    }

    private enum State {
        case ready
        case listening(stop: Descriptor)
        case stopping
        case stopped
    }

    private struct Shared {
        var state = State.ready
        /// Threads that have not ended.
        var running = 0
        var listeners: [Listener] = []
        var streamListeners: [ListenAddress] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// The number of receive threads for datagrams.
    package let threadCount: Int
    private let addresses: [ListenAddress]
    private let streamAddresses: [ListenAddress]
    private let streamLimits: StreamLimits
    private let streamCounters = StreamCounters()
    private let receiveBuffer: Int
    private let makeSink: @Sendable (Int) -> any DatagramSink
    private let gate: SourceGate
    /// By listener, then by thread.
    private let counters: [[ListenerCounters]]
    private let shared = Mutex(Shared())

    /// A collector that has not opened anything yet.
    ///
    /// - Parameters:
    ///   - streamLimits: what TCP connections may take.
    ///   - makeSink: called once on each receive thread, with its number from 0, before it receives; the thread of TCP connections, where `listen_tcp` asks
    ///     for one, has the number behind the others'.
    /// - Throws: where an address of `listen` or `listen_tcp` cannot be read or is given twice.
    package init(
        configuration: CollectorConfiguration, streamLimits: StreamLimits = StreamLimits(),
        makeSink: @escaping @Sendable (_ thread: Int) -> any DatagramSink
    ) throws(AddressError) {
        let addresses = try Self.addresses(configuration.listen)
        let threadCount = max(1, configuration.threads ?? Self.defaultThreads)
        self.addresses = addresses
        streamAddresses = try Self.addresses(configuration.listenTCP)
        self.streamLimits = streamLimits
        self.threadCount = threadCount
        self.makeSink = makeSink
        receiveBuffer = configuration.receiveBuffer
        gate = SourceGate(SourceFilter(configuration.allow))
        counters = addresses.map { _ in (0..<threadCount).map { _ in ListenerCounters() } }
    }

    deinit {
        requestStop()
    }

    /// Opens every listener and starts the threads; either all are open when this returns, or none.
    ///
    /// Does nothing where the collector was started or stopped before.
    package func start() throws(SocketError) {
        guard case .ready = shared.withLock({ $0.state }) else { return }
        // Sockets that share a port hide from each other that another process has it, and which port is free: asked first, without sharing.
        for address in addresses where address.port != 0 { _ = try UDPSocket(bindingTo: address, sharesPort: false) }
        var opened: [[UDPSocket]] = []
        var listeners: [Listener] = []
        for address in addresses {
            let sockets = try open(address)
            var granted = Int.max
            for socket in sockets { granted = min(granted, try socket.prepareToReceive(receiveBuffer: receiveBuffer)) }
            listeners.append(Listener(address: sockets[0].address, receiveBuffer: granted))
            opened.append(sockets)
        }

        let stop = Descriptor(try checked(weir_event_create(), "collector"))
        let streams = try openStreams(stop: stop)
        var polls: [Descriptor] = []
        for thread in 0..<threadCount {
            let poll = Descriptor(try checked(weir_poll_create(), "collector"))
            try checked(weir_poll_add(poll.number, stop.number, ReceiveLoop.stopTag), "collector")
            for (tag, sockets) in opened.enumerated() {
                try checked(weir_poll_add(poll.number, sockets[thread].descriptor.number, UInt32(tag)), "collector")
            }
            polls.append(poll)
        }

        let wasStopped = shared.withLock {
            guard case .ready = $0.state else { return true }
            $0.state = .listening(stop: stop)
            $0.running = threadCount + (streams == nil ? 0 : 1)
            $0.listeners = listeners
            $0.streamListeners = streams?.listeners.map(\.address) ?? []
            return false
        }
        if wasStopped { return }
        if let streams {
            do throws(SocketError) {
                try startThread("weir-tcp") { [stop, gate, streamLimits, streamCounters, makeSink, threadCount, weak self] in
                    StreamLoop(
                        listeners: streams.listeners, poll: streams.poll, stop: stop, gate: gate, limits: streamLimits, counters: streamCounters,
                        sink: makeSink(threadCount)
                    ).run()
                    self?.threadsEnded(1)
                }
            } catch {
                requestStop()
                threadsEnded(threadCount + 1)
                throw error
            }
        }
        for thread in 0..<threadCount {
            let inputs = opened.enumerated().map { ReceiveLoop.Input(socket: $1[thread], listener: $0, counters: counters[$0][thread]) }
            do throws(SocketError) {
                try startThread("weir-rx-\(thread)") { [stop, poll = polls[thread], gate, makeSink, weak self] in
                    ReceiveLoop(inputs: inputs, poll: poll, stop: stop, gate: gate, sink: makeSink(thread)).run()
                    self?.threadsEnded(1)
                }
            } catch {
                requestStop()
                threadsEnded(threadCount - thread)
                throw error
            }
        }
    }

    /// Hands what the kernel still holds to the sinks (for a second at most), tells them, closes the sockets, and returns when all is done.
    ///
    /// Blocks no thread; a collector that has stopped cannot be started again.
    package func stop() async {
        requestStop()
        await withCheckedContinuation { continuation in
            let done = shared.withLock {
                guard case .stopping = $0.state else { return true }
                $0.waiting.append(continuation)
                return false
            }
            if done { continuation.resume() }
        }
    }

    /// Whether every listener is open and taking datagrams: from when `start()` returns to when `stop()` is called.
    package var isListening: Bool {
        shared.withLock {
            if case .listening = $0.state { true } else { false }
        }
    }

    /// The listeners, in the order of the configuration's `listen`; empty before `start()`.
    package var listeners: [Listener] { shared.withLock { $0.listeners } }

    /// Where the listeners are bound, with the ports that the kernel chose.
    package var boundAddresses: [ListenAddress] { listeners.map(\.address) }

    /// Where it listens for TCP connections, in the order of the configuration's `listen_tcp`, with the ports that the kernel chose; empty before `start()`.
    package var streamListeners: [ListenAddress] { shared.withLock { $0.streamListeners } }

    /// What has happened to TCP connections; nil where it listens for none.
    package var streamStatistics: StreamStatistics? { streamAddresses.isEmpty ? nil : streamCounters.current }

    /// What has happened at each listener, in the order of `listen`.
    package var statistics: [ListenerStatistics] {
        counters.map { threads in
            var sum = ListenerStatistics()
            for thread in threads { thread.add(to: &sum) }
            return sum
        }
    }

    /// Lets only these sources send from now on; the threads take it up with their next batch.
    package func allow(_ filter: SourceFilter) {
        gate.replace(with: filter)
    }

    /// Sources that were refused since the last call, some of them where they are many.
    package func takeRefusedSources() -> [IPAddress] { gate.refused.take() }

    /// The threads that `threads: auto` stands for: one for every two cores, at least one and at most eight.
    package static var defaultThreads: Int {
        min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2, 1), 8)
    }
}

extension Collector {
    private static func addresses(_ texts: [String]) throws(AddressError) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for text in texts {
            let address = try ListenAddress(text)
            if address.port != 0, addresses.contains(address) { throw AddressError(text: text, reason: "is listened on twice") }
            addresses.append(address)
        }
        return addresses
    }

    /// The sockets that TCP connections come to; nil where none are asked for.
    private func openStreams(stop: Descriptor) throws(SocketError) -> (listeners: [StreamListener], poll: Descriptor)? {
        guard !streamAddresses.isEmpty else { return nil }
        var listeners: [StreamListener] = []
        for address in streamAddresses { listeners.append(try StreamListener(bindingTo: address)) }
        let poll = Descriptor(try checked(weir_poll_create(), "collector"))
        try checked(weir_poll_add(poll.number, stop.number, StreamLoop.stopTag), "collector")
        for (index, listener) in listeners.enumerated() {
            try checked(weir_poll_add(poll.number, listener.descriptor.number, StreamLoop.listenerTags + UInt32(index)), "collector")
        }
        return (listeners, poll)
    }

    /// One socket for each thread. For port 0, all of them on a port that nobody has, which the kernel chooses.
    private func open(_ address: ListenAddress) throws(SocketError) -> [UDPSocket] {
        var attempts = address.port == 0 ? 16 : 1
        while true {
            attempts -= 1
            do throws(SocketError) {
                var chosen = address
                // Asked of a socket that shares, the kernel may choose a port that another sharing socket has.
                if address.port == 0 { chosen = try UDPSocket(bindingTo: address, sharesPort: false).address }
                var sockets: [UDPSocket] = []
                for _ in 0..<threadCount { sockets.append(try UDPSocket(bindingTo: chosen, sharesPort: true)) }
                return sockets
            } catch let error where error.code == EADDRINUSE && attempts > 0 {
                // Somebody else was given the port in between.
            }
        }
    }

    private func requestStop() {
        shared.withLock {
            switch $0.state {
            case .ready: $0.state = .stopped
            case .listening(let stop):
                weir_event_signal(stop.number)
                $0.state = .stopping
            case .stopping, .stopped: break
            }
        }
    }

    private func threadsEnded(_ count: Int) {
        let waiting: [CheckedContinuation<Void, Never>] = shared.withLock { shared in
            shared.running -= count
            guard shared.running == 0 else { return [] }
            shared.state = .stopped
            defer { shared.waiting = [] }
            return shared.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension SourceFilter {
    /// What the configuration says; for `auto`, anybody, until `allow(_:)` tells whose addresses the exporters have.
    package init(_ allow: CollectorConfiguration.Allow) {
        switch allow {
        case .auto, .any: self = .any
        case .networks(let networks): self.init(networks)
        }
    }
}
