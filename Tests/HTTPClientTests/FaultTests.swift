import Foundation
import HTTPClient
import Support
import Testing

@Suite("Servers that fail in the middle")
struct FaultTests {
    private let transport = HTTPTransport(threadName: "test-faults")

    /// What becomes of an exchange when a server answers so and then closes, abruptly where `isAbrupt`.
    private func outcome(of answer: String, isAbrupt: Bool = false, maximumHeadOctets: Int = 4096) async throws -> Recorder.Record {
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send(answer)
            if isAbrupt {
                // What has been sent is read before.
                _ = connection.isClosed(within: 200)
                connection.beAbrupt()
            }
        }
        defer { server.stop() }
        let record = try await transport.fetch(ClientRequest(url: server.url, maximumHeadOctets: maximumHeadOctets))
        #expect(record.failure?.message.hasPrefix("127.0.0.1:\(server.port): ") ?? true)
        return record
    }

    private static let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"

    @Test(
        "A connection that ends in the middle is told from an answer that ends",
        arguments: [
            (half, false, "hello"), (half, true, "hello"), ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", false, "hel"), ("", false, ""), ("", true, ""),
        ])
    func cut(answer: String, isAbrupt: Bool, body: String) async throws {
        let record = try await outcome(of: answer, isAbrupt: isAbrupt)
        #expect(record.failure?.kind == .cut, "\(record)")
        #expect(record.text == body)
        #expect(record.status == (answer.isEmpty ? nil : 200))
    }

    @Test(
        "What ends as HTTP says is whole",
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\nhello", "hello"), ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n", "hello!"),
            ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\nX-Folded: a\r\n\t b\r\nContent-Length: 2\r\n\r\nok", "ok"), ("HTTP/1.1 204 No Content\r\n\r\n", ""),
            ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ])
    func whole(answer: String, body: String) async throws {
        let record = try await outcome(of: answer)
        #expect(record.failure == nil && record.text == body && record.status.map { 200...204 ~= $0 } ?? false, "\(record)")
        if answer.contains("X-Folded") { #expect(record.heads.first?.header("x-folded") == "a b") }
        #expect(record.heads.first?.header("x-trailer") == nil && record.heads.first?.header("link") == nil)
    }

    @Test("Of a body that is longer than its length says, no more than that is taken, and the connection is not used again")
    func longer() async throws {
        let server = try RawServer { connection in
            while connection.readHead() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world") }
        }
        for _ in 0..<2 {
            let record = try await transport.fetch(server.url)
            #expect(record.failure == nil && record.text == "hello")
        }
        #expect(server.accepted == 2)
        server.stop()
    }

    @Test(
        "Garbage is a failure and nothing else",
        arguments: [
            "garbage\r\n\r\n", "\0\u{1}\u{2}\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        ])
    func garbage(answer: String) async throws {
        let record = try await outcome(of: answer)
        #expect(record.failure?.kind == .other, "\(record)")
        #expect(record.octets.isEmpty)
    }

    @Test("A head is bounded, whether it has many lines, a long one, or long trailers")
    func longHeads() async throws {
        let lines = String(repeating: "X-Filler: 0123456789\r\n", count: 1000)
        let many = try await outcome(of: "HTTP/1.1 200 OK\r\n" + lines)
        #expect(many.failure?.kind == .other && many.failure?.message.hasSuffix("larger than 4096 octets") == true && many.heads.isEmpty, "\(many)")
        let long = try await outcome(of: "HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "x", count: 1_000_000))
        #expect(long.failure?.kind == .other && long.heads.isEmpty, "\(long)")
        let trailers = try await outcome(of: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + lines)
        #expect(trailers.failure?.kind == .other && trailers.text == "ok", "\(trailers)")
        let fits = try await outcome(of: "HTTP/1.1 200 OK\r\n" + lines + "\r\n", maximumHeadOctets: 64 << 10)
        #expect(fits.failure == nil && fits.heads.first?.headers.count == 1000, "\(fits.ends)")
    }

    @Test("A server that says nothing, or nothing more, is stalled; one that says little is not")
    func stall() async throws {
        for beginning in ["", "HTTP/1.1 200 OK\r\n", Self.half] {
            let server = try RawServer { connection in
                guard connection.readHead() != nil else { return }
                connection.send(beginning)
                connection.waitForClose()
            }
            let start = ContinuousClock.now
            let record = try await transport.fetch(ClientRequest(url: server.url, stallLimit: .milliseconds(300)))
            #expect(record.failure?.kind == .stalled, "\(record)")
            #expect(record.failure?.message == "127.0.0.1:\(server.port): nothing came for 0.3 seconds")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            try await waitUntil("the connection is closed") { server.open == 0 }
            server.stop()
        }
        let drip = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for _ in 0..<8 where !connection.isClosed(within: 100) { connection.send("x") }
        }
        let record = try await transport.fetch(ClientRequest(url: drip.url, stallLimit: .milliseconds(500)))
        #expect(record.failure == nil && record.text == "xxxxxxxx", "\(record)")
        drip.stop()
    }

    @Test("A server that goes on for ever is ended by the total time")
    func total() async throws {
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while !connection.isClosed(within: 20) { connection.send("x") }
        }
        let record = try await transport.fetch(ClientRequest(url: server.url, stallLimit: .milliseconds(300), totalTimeout: .milliseconds(600)))
        #expect(record.failure == HTTPFailure(kind: .timeout, message: "127.0.0.1:\(server.port): not done within 0.6 seconds"))
        #expect(record.octets.count > 2)
        server.stop()
    }

    @Test("Nobody there, nobody who answers, and no such name are told apart")
    func unreachable() async throws {
        let gone = try RawServer { _ in }
        gone.stop()
        let port = gone.port
        let refused = try await transport.fetch("http://127.0.0.1:\(port)/")
        #expect(refused.failure == HTTPFailure(kind: .connect, message: "127.0.0.1:\(port): no connection: Connection refused"))

        // Two connections fill the queue of a server that takes none; the kernel does not answer further ones.
        let deaf = try RawServer(nil)
        let fillers = try [TCPClient(port: Int(deaf.port))]
        let waiting = (0..<4).map { _ in
            transport.begin(ClientRequest(url: deaf.url, connectTimeout: .milliseconds(500), totalTimeout: .seconds(3))).recorder
        }
        let kinds = try await waiting.asyncMap { try await $0.ended().failure?.kind }
        #expect(kinds.contains(.connect), "\(kinds)")
        withExtendedLifetime(fillers) {}
        deaf.stop()

        // Too long a label for any resolver to ask for.
        let host = String(repeating: "x", count: 64) + ".example"
        let unknown = try await transport.fetch(ClientRequest(url: "http://\(host)/", connectTimeout: .seconds(5)))
        #expect(unknown.failure?.kind == .resolve && unknown.failure?.message.hasPrefix("\(host):80: its name") == true, "\(unknown)")
    }

    @Test("A connection that the server has closed meanwhile is not the next exchange's trouble")
    func staleConnection() async throws {
        let server = try RawServer { connection in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        for _ in 0..<20 {
            let record = try await transport.fetch(server.url)
            #expect(record.failure == nil && record.text == "ok", "\(record)")
        }
        #expect(server.accepted == 20)
        server.stop()
    }

    @Test("What cannot be asked for is not sent")
    func unsendable() async throws {
        let server = try RawServer { $0.waitForClose() }
        let injected = ClientRequest(url: server.url, headers: [("Authorization", "Bearer secret\r\nX-Other: 1")])
        let record = try await transport.fetch(injected)
        #expect(record.failure?.kind == .other)
        #expect(record.failure?.message == "127.0.0.1:\(server.port): the value of the header Authorization holds a control character")
        #expect(try await transport.fetch(ClientRequest(url: server.url, headers: [("X: secret", "")])).failure?.kind == .other)
        for url in [
            "", "secret", "ftp://127.0.0.1:\(server.port)/secret", "file:///etc/passwd", "http://", "http://127.0.0.1:70000/",
            "http://127.0.0.1/a\r\nb",
            "telnet://127.0.0.1:\(server.port)",
        ] {
            let failure = try await transport.fetch(url).failure
            #expect(failure?.kind == .other && failure?.message.contains("secret") == false, "\(url): \(String(describing: failure))")
        }
        #expect(server.accepted == 0)
        server.stop()
    }

    @Test("No failure tells a user, a password, a path, a query or a token")
    func secrets() async throws {
        let answers = ["", "garbage\r\n\r\n", Self.half, "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 100_000)]
        for answer in answers {
            let server = try RawServer { connection in
                guard connection.readHead() != nil else { return }
                connection.send(answer)
            }
            for scheme in ["http", "https"] {
                let url = "\(scheme)://secretuser:secretpassword@127.0.0.1:\(server.port)/secretpath?secretquery"
                let failure = try await transport.fetch(
                    ClientRequest(url: url, headers: [("Authorization", "secrettoken")], connectTimeout: .seconds(3))
                ).failure
                #expect(failure?.message.hasPrefix("127.0.0.1:\(server.port): ") == true && failure?.message.contains("secret") == false)
                #expect(scheme == "http" || failure?.kind == .connect, "\(String(describing: failure))")
            }
            server.stop()
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
