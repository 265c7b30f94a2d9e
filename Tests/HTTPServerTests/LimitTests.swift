import Foundation
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Clients that mean no good", .serialized)
struct LimitTests {
    private static let echo: HTTPHandler = { .text("\($0.method.rawValue) \($0.body.count)\n") }

    private func serve(
        _ refusals: HTTPRefusals, webFile: WebFile? = nil, _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
        handler: @escaping HTTPHandler = echo
    ) throws -> HTTPServer {
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        configuration.headerTimeout = .seconds(1)
        change(&configuration)
        return try HTTPServer(configuration: configuration, webFile: webFile, refusals: refusals, handler: handler)
    }

    /// Asks as a well-behaved client, and says how long that took.
    private func scrape(_ server: HTTPServer, scheme: String = "http", _ arguments: [String] = []) async throws -> Duration {
        let answer = try await Fetched("\(scheme)://127.0.0.1:\(server.port)/", arguments)
        #expect(answer.status == 200)
        return answer.duration
    }

    @Test("Headers that come an octet at a time are cut off in time, on a new connection and on one that was used")
    func drippingHeaders() async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals)
        let before = residentBytes()
        let clients = try (0..<100).map { number in
            let client = try RawClient(port: server.port)
            if number % 2 == 1 {
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(client.read(through: "GET 0\n").contains("200"))
            }
            return client
        }
        let start = ContinuousClock.now
        var rest = Array("GET / HTTP/1.1\r\nHost: x\r\nX-A: \(String(repeating: "a", count: 10_000))")
        while refusals.count(.slowHeader) < 100, ContinuousClock.now - start < .seconds(leastDeadline), !rest.isEmpty {
            let octet = String(rest.removeFirst())
            for client in clients { client.send(octet) }
            try await Task.sleep(for: .milliseconds(20))
        }
        let taken = ContinuousClock.now - start
        #expect(refusals.count(.slowHeader) == 100)
        for client in clients { #expect(client.countToEnd() == 0) }
        let waited = try await scrape(server)
        #expect(waited < .seconds(10))
        attack(
            "headers that come an octet every 20 ms", "100 connections", "all closed after \(taken) (limit 1 s); the next scrape took \(waited)",
            before)
        await server.stop()
    }

    @Test("A body that comes an octet at a time is cut off in time")
    func drippingBody() async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals) { $0.bodyTimeout = .milliseconds(400) }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
        let start = ContinuousClock.now
        while refusals.count(.slowBody) == 0, ContinuousClock.now - start < .seconds(leastDeadline) {
            client.send("a")
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(refusals.count(.slowBody) == 1)
        #expect(client.countToEnd() == 0)
        await server.stop()
    }

    @Test("A connection between two requests is left alone")
    func keepsIdle() async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals) { $0.headerTimeout = .milliseconds(200) }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read(through: "GET 0\n").contains("200"))
            try await Task.sleep(for: .milliseconds(600))
        }
        #expect(refusals.count(.slowHeader) == 0)
        await server.stop()
    }

    /// In a process of its own, so that nothing else is in the memory that it measures.
    @Test("Endless headers are refused, with bounded memory")
    func endlessHeaders() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let tests = LimitTests()
            let refusals = HTTPRefusals()
            let server = try tests.serve(refusals) { $0.headerTimeout = .seconds(10) }
            let before = residentBytes()
            var statuses: [String: Int] = [:]
            for number in 0..<200 {
                let client = try RawClient(port: server.port)
                client.send("GET / HTTP/1.1\r\nHost: x\r\n")
                let line = number % 2 == 0 ? "X-\(number): \(String(repeating: "a", count: 1000))\r\n" : String(repeating: "b", count: 1000)
                for _ in 0..<200 { client.send(line) }
                let answer = client.read(through: "\r\n")
                statuses[answer.isEmpty ? "closed" : String(answer.dropFirst(9).prefix(3)), default: 0] += 1
            }
            #expect(Set(statuses.keys).isSubset(of: ["431", "closed"]), "\(statuses)")
            let counted = refusals.count(.largeHeader)
            #expect(counted == 200)
            let waited = try await tests.scrape(server)
            #expect(residentBytes() - before < 64 << 20)
            attack(
                "200 kB of headers each, many or one", "200 connections", "\(statuses), \(counted) counted; the next scrape took \(waited)", before)
            let long = try RawClient(port: server.port)
            long.send("GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = long.read(through: "\r\n")
            #expect(answer.isEmpty || answer.contains("414"), "\(answer)")
            #expect(refusals.count(.largeHeader) == 201)
            await server.stop()
        }
        print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self), terminator: "")
    }

    /// Often, since several threads accept at once.
    @Test("More connections than one address may have are turned away and counted, and others are not", arguments: 1...20)
    func connectionsOfAddress(round: Int) async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals) {
            $0.threads = 4
            $0.maxConnectionsOfAddress = 10
            $0.headerTimeout = .seconds(600)
        }
        let before = residentBytes()
        let held = try (0..<300).map { _ in try RawClient(port: server.port) }
        try await waitUntil("the surplus is refused") { refusals.count(.tooManyOfAddress) == 290 }
        let waited = try await scrape(server, ["--interface", "127.0.0.2"])
        #expect(waited < .seconds(10))
        attack("connections from one address that ask nothing", "300 (10 allowed)", "290 refused; another address' scrape took \(waited)", before)
        #expect(held.count == 300)
        await server.stop()
    }

    @Test("A client that takes its answer too slowly is closed, and one that takes a while is not")
    func slowReader() async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals) {
            $0.readWindow = .seconds(3)
            $0.minimumRead = 512
        } handler: { _ in
            HTTPResponse(contentType: "text/plain", body: .stream(lines(1_000_000)))
        }
        let slow = try RawClient(port: server.port, receiveBuffer: 4096)
        slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(slow.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        // Up to 100 KiB a second, much less on a busy machine: slow, but not idle.
        let steady = try RawClient(port: server.port, receiveBuffer: 4096)
        steady.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        var taken = 0
        let start = ContinuousClock.now
        while refusals.count(.slowReader) == 0 || ContinuousClock.now - start < .seconds(7), ContinuousClock.now - start < .seconds(leastDeadline) {
            taken += steady.take(2048)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(refusals.count(.slowReader) == 1)
        #expect(taken > 3 * 512)
        await server.stop(within: .zero)
    }

    @Test("Handshakes that do not go on are cut off in time, and TLS is served beside them")
    func slowHandshakes() async throws {
        let certificates = try await TestCertificates()
        try await certificates.issue("server")
        let file = try WebFile(path: certificates.webFile("tls_server_config: { cert_file: server.crt, key_file: server.key }"))
        let refusals = HTTPRefusals()
        let server = try serve(refusals, webFile: file)
        let before = residentBytes()
        // The beginning of a record that would carry a ClientHello of 512 octets, then nothing, or an octet now and then.
        let clients = try (0..<100).map { _ in
            let client = try RawClient(port: server.port)
            client.send("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}")
            return client
        }
        let start = ContinuousClock.now
        let waited = try await scrape(server, scheme: "https", certificates.arguments())
        #expect(waited < .seconds(10))
        while refusals.count(.slowHeader) < 100, ContinuousClock.now - start < .seconds(leastDeadline) {
            for client in clients { client.send("\u{0}") }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(refusals.count(.slowHeader) == 100)
        attack(
            "TLS handshakes that come an octet every 50 ms", "100 connections",
            "all closed after \(ContinuousClock.now - start) (limit 1 s); a scrape meanwhile took \(waited)", before)
        await server.stop()
    }

    @Test("Bodies that are too large are counted")
    func largeBodies() async throws {
        let refusals = HTTPRefusals()
        let server = try serve(refusals) { $0.maxBodyBytes = 1000 }
        let file = try TemporaryFile(bytes: 5000)
        for extra in ["X-Nothing: here", "Transfer-Encoding: chunked"] {
            #expect(try await Fetched("http://127.0.0.1:\(server.port)/", ["-H", extra, "--data-binary", "@\(file.path)"]).status == 413)
        }
        #expect(refusals.count(.largeBody) == 2)
        #expect(try await Fetched("http://127.0.0.1:\(server.port)/", ["-H", "Content-Length: twelve"]).status == 400)
        #expect(refusals.count(.malformed) == 1)
        await server.stop()
    }
}
