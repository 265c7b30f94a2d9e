import Collector
import FlowModel
import Glibc
import Support
import Synchronization
import Testing

/// What the sinks of a collector have been given, over all threads.
final class Recording: Sendable {
    struct Received: Equatable {
        var thread: Int
        var listener: Int
        var localPort: UInt16
        var source: IPAddress
        var sourcePort: UInt16
        var received: Timestamp
        var now: Timestamp
        var payload: [UInt8]
        var connection: UInt32 = 0
    }

    struct Contents {
        var datagrams: [Received] = []
        var largestBatch = 0
        var receiveDrops: UInt64 = 0
        var idleCalls = 0
        var drainedThreads: [Int] = []
        var closed: [StreamConnection] = []
    }

    private let contents = Mutex(Contents())
    /// Whether the sinks wait before they take a batch.
    private let isHeld = Atomic(false)

    var all: Contents { contents.withLock { $0 } }
    var datagrams: [Received] { all.datagrams }

    /// Keeps every sink waiting while `body` runs, so that the kernel has to hold what comes.
    func holding<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        isHeld.store(true, ordering: .sequentiallyConsistent)
        defer { isHeld.store(false, ordering: .sequentiallyConsistent) }
        return try await body()
    }

    func sink(_ thread: Int) -> any DatagramSink { Sink(thread: thread, recording: self) }

    private final class Sink: DatagramSink {
        let thread: Int
        let recording: Recording

        init(thread: Int, recording: Recording) {
            self.thread = thread
            self.recording = recording
        }

        func receive(_ batch: borrowing DatagramBatch) {
            while recording.isHeld.load(ordering: .sequentiallyConsistent) { usleep(500) }
            var datagrams: [Received] = []
            for index in 0..<batch.count {
                let datagram = batch[index]
                datagrams.append(
                    Received(
                        thread: thread, listener: batch.listener, localPort: batch.localPort, source: datagram.source,
                        sourcePort: datagram.sourcePort,
                        received: datagram.received, now: batch.now, payload: unsafe Array(datagram.payload), connection: batch.connection))
            }
            let (count, drops) = (batch.count, batch.receiveDrops)
            recording.contents.withLock {
                $0.datagrams += datagrams
                $0.largestBatch = max($0.largestBatch, count)
                $0.receiveDrops += drops
            }
        }

        func closed(_ connection: StreamConnection, now: Timestamp) { recording.contents.withLock { $0.closed.append(connection) } }
        func idle(now: Timestamp) { recording.contents.withLock { $0.idleCalls += 1 } }
        func drained(now: Timestamp) { recording.contents.withLock { $0.drainedThreads.append(thread) } }
    }
}

/// Runs `body` with a collector that listens, and stops it afterwards.
func withCollector(
    listen: [String] = ["127.0.0.1:0"], threads: Int = 1, allow: CollectorConfiguration.Allow = .any, receiveBuffer: Int = 4 << 20,
    _ body: (Collector, Recording) async throws -> Void
) async throws {
    var configuration = CollectorConfiguration()
    configuration.listen = listen
    configuration.listenTCP = []
    configuration.threads = threads
    configuration.allow = allow
    configuration.receiveBuffer = receiveBuffer
    let recording = Recording()
    let collector = try Collector(configuration: configuration) { recording.sink($0) }
    try collector.start()
    do {
        try await body(collector, recording)
    } catch {
        await collector.stop()
        throw error
    }
    await collector.stop()
}

/// Waits until `condition` holds; fails at a deadline that only a thing that does not work misses.
func eventually(
    _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(leastDeadline)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, comment, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// The loopback addresses of this machine: not all have IPv6.
let loopbackHosts: [String] = {
    let hasIPv6 = (try? UDPSender(to: UDPDestination("[::1]:9"))) != nil
    return hasIPv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]
}()

extension UDPDestination {
    /// A listener on this machine.
    init(_ listener: ListenAddress, over host: String = "127.0.0.1") throws {
        self.init(address: try #require(listener.host ?? IPAddress(host)), port: listener.port)
    }
}

extension UDPSender {
    func send(_ payload: [UInt8]) throws {
        try unsafe payload.withUnsafeBytes { _ = try unsafe send($0) }
    }
}

extension [UInt8] {
    /// A payload that tells which one it is.
    static func numbered(_ number: Int, count: Int = 8) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> (8 * $0) : number &+ $0) }
    }

    /// The number of a payload made by `numbered`.
    var number: Int { prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } }
}
