import Foundation
import HTTPClient
import Support
import Synchronization
import Testing

@Suite("The transport's thread")
struct TransportTests {
    private static let endless = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"

    /// A server that sends a head, and then what it can until the client has enough; `sent` says how much that was.
    private func flood(_ sent: @escaping @Sendable (Int) -> Void = { _ in }) throws -> RawServer {
        try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send(Self.endless)
            let piece = String(repeating: "x", count: 65536)
            while case let count = connection.send(piece), count == piece.utf8.count { sent(count) }
        }
    }

    /// A server that sends a head and waits.
    private func quiet() throws -> RawServer {
        try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send(Self.endless)
            connection.waitForClose()
        }
    }

    @Test("An exchange that is cancelled from another thread in the middle ends as cancelled, and its connection is closed")
    func cancel() async throws {
        let transport = HTTPTransport(threadName: "test-cancel")
        let server = try flood()
        for _ in 0..<10 {
            let (exchange, recorder) = transport.begin(ClientRequest(url: server.url))
            try await waitUntil("octets come") { recorder.now.octets.count > 100_000 }
            exchange.cancel()
            exchange.cancel()
            #expect(try await recorder.ended().failure?.kind == .cancelled)
        }
        try await waitUntil("the connections are closed") { server.open == 0 }
        transport.stop()
        server.stop()
    }

    @Test("An exchange that is cancelled by its own handler is told nothing more than its end")
    func cancelWithin() async throws {
        let transport = HTTPTransport(threadName: "test-cancel")
        let server = try flood()
        for isAtHead in [true, false] {
            let recorder = Recorder()
            let exchange = Mutex<HTTPExchange?>(nil)
            transport.perform {
                exchange.withLock { started in
                    started = transport.start(ClientRequest(url: server.url)) { event in
                        recorder.take(event)
                        switch event {
                        case .head where isAtHead, .octets: exchange.withLock { $0?.cancel() }
                        default: break
                        }
                    }
                }
            }
            let record = try await recorder.ended()
            #expect(record.failure?.kind == .cancelled && record.heads.count == 1)
            #expect(isAtHead == record.octets.isEmpty && record.octets.count <= 16384)
        }
        transport.stop()
        server.stop()
    }

    @Test("Exchanges that are cancelled as soon as they are started end once each")
    func cancelAtOnce() async throws {
        let transport = HTTPTransport(threadName: "test-cancel")
        let server = try TestServer()
        let recorders = (0..<200).map { _ in
            let (exchange, recorder) = transport.begin(ClientRequest(url: "\(server.url)/echo"))
            exchange.cancel()
            return recorder
        }
        for recorder in recorders {
            let failure = try await recorder.ended().failure
            #expect(failure == nil || failure?.kind == .cancelled)
        }
        transport.stop()
        await server.stop()
    }

    @Test("A stop ends what is open as cancelled, runs no timer, and returns when all is told; what is started later fails")
    func stop() async throws {
        let server = try quiet()
        let transport = HTTPTransport(threadName: "test-stop")
        let open = (0..<20).map { _ in transport.begin(ClientRequest(url: server.url)).recorder }
        try await waitUntil("heads come") { open.allSatisfy { !$0.now.heads.isEmpty } }
        let last = Recorder()
        let ran = Mutex(0)
        // One that is started by the handler of another one's end.
        transport.start(ClientRequest(url: server.url)) { event in
            if case .end = event { transport.start(ClientRequest(url: server.url), last.take) }
        }
        transport.after(.seconds(60)) { ran.withLock { $0 += 1000 } }
        transport.perform { ran.withLock { $0 += 1 } }
        transport.stop()
        #expect(open.allSatisfy { $0.now.failure?.kind == .cancelled && $0.now.ends.count == 1 })
        #expect(last.now.failure?.kind == .cancelled)
        #expect(ran.withLock { $0 } == 1)
        transport.perform { ran.withLock { $0 += 1000 } }
        #expect(try await transport.fetch(server.url).failure?.kind == .cancelled)
        transport.stop()
        #expect(ran.withLock { $0 } == 1)
        try await waitUntil("the connections are closed") { server.open == 0 }
        server.stop()
    }

    @Test("A stop by a handler, and a transport that is let go of, end all exchanges as well")
    func otherStops() async throws {
        let server = try quiet()
        let transport = HTTPTransport(threadName: "test-stop")
        let open = transport.begin(ClientRequest(url: server.url)).recorder
        try await waitUntil("the head comes") { !open.now.heads.isEmpty }
        transport.perform { transport.stop() }
        #expect(try await open.ended().failure?.kind == .cancelled)

        var other: HTTPTransport? = HTTPTransport(threadName: "test-stop")
        let recorder = try #require(other?.begin(ClientRequest(url: server.url)).recorder)
        try await waitUntil("the head comes") { !recorder.now.heads.isEmpty }
        other = nil
        #expect(try await recorder.ended().failure?.kind == .cancelled)
        server.stop()
    }

    @Test("While a handler does not return, its server cannot send more than buffers hold, and no other exchange is taken for stalled")
    func backPressure() async throws {
        let transport = HTTPTransport(threadName: "test-pressure")
        let sent = Mutex(0)
        let server = try flood { count in sent.withLock { $0 += count } }
        let isHeld = Mutex(true)
        let recorder = Recorder()
        let blocked = Recorder()
        let exchange = transport.start(ClientRequest(url: server.url)) { event in
            blocked.take(event)
            guard case .octets = event else { return }
            while isHeld.withLock({ $0 }) { usleep(1000) }
        }
        try await waitUntil("the handler waits") { !blocked.now.octets.isEmpty }
        var last = -1
        // As much as goes into the buffers of both sockets: it ends somewhere.
        try await waitUntil("the server waits") {
            try await Task.sleep(for: .milliseconds(200))
            defer { last = sent.withLock { $0 } }
            return sent.withLock { $0 } == last
        }
        #expect(last < 16 << 20)
        isHeld.withLock { $0 = false }
        try await waitUntil("it goes on") { sent.withLock { $0 } > last + (32 << 20) }
        exchange.cancel()
        #expect(try await blocked.ended().failure?.kind == .cancelled)

        // A server that says something every 50 ms, an exchange that allows 300 ms of silence, and a handler that computes for 900.
        let drip = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send(Self.endless)
            for _ in 0..<40 where !connection.isClosed(within: 50) { connection.send("x") }
        }
        transport.start(ClientRequest(url: drip.url, stallLimit: .milliseconds(300)), recorder.take)
        try await waitUntil("the first octet comes") { !recorder.now.octets.isEmpty }
        transport.perform {
            let end = ContinuousClock.now + .milliseconds(900)
            while ContinuousClock.now < end { usleep(1000) }
        }
        let record = try await recorder.ended()
        #expect(record.failure == nil && record.octets.count == 40, "\(record)")
        transport.stop()
        drip.stop()
        server.stop()
    }

    @Test("Connections are used again")
    func connections() async throws {
        let transport = HTTPTransport(threadName: "test-reuse")
        let server = try RawServer { connection in
            while connection.readHead() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        for _ in 0..<10 { #expect(try await transport.fetch(server.url).text == "ok") }
        #expect(server.accepted == 1)
        transport.stop()
        server.stop()
    }

    @Test("Timers run in the order of their times, on the thread that handlers are called on, and not when they are cancelled")
    func timers() async throws {
        let transport = HTTPTransport(threadName: "test-timers")
        let order = Mutex<[Int]>([])
        let threads = Mutex<Set<String>>([])
        let note = { @Sendable (number: Int) in
            order.withLock { $0.append(number) }
            let name = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            _ = threads.withLock { $0.insert(name) }
        }
        let start = ContinuousClock.now
        transport.after(.milliseconds(300)) { note(3) }
        transport.after(.milliseconds(100)) { note(1) }
        let cancelled = transport.after(.milliseconds(150)) { note(100) }
        transport.after(.milliseconds(200)) {
            note(2)
            transport.after(.zero) { note(20) }
        }
        transport.after(.seconds(-1)) { note(-1) }
        transport.after(.seconds(Int64.max)) { note(1000) }
        cancelled.cancel()
        transport.perform { note(0) }
        try await waitUntil("the last one runs") { order.withLock { $0.contains(3) } }
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        let ran = order.withLock { $0 }
        #expect(ran.filter { $0 > 0 } == [1, 2, 20, 3] && Set(ran.prefix(2)) == [0, -1], "\(ran)")
        #expect(threads.withLock { $0 } == ["test-timers\n"])
        transport.stop()
    }

    @Test("What is asked for by many threads at the same time is all done, each thread's in order")
    func mailbox() async throws {
        final class Log: Sendable {
            let seen = Mutex<[Int: [Int]]>([:])
        }
        let transport = HTTPTransport(threadName: "test-mailbox")
        let log = Log()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for number in 0..<1000 { transport.perform { log.seen.withLock { $0[thread, default: []].append(number) } } }
                }
            }
        }
        transport.stop()
        #expect(log.seen.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, Array(0..<1000)) }))
    }
}
