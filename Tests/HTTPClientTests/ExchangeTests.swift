import HTTPClient
import Support
import Synchronization
import Testing

@Suite("Exchanges with Weir's own server")
struct ExchangeTests {
    private let transport = HTTPTransport(threadName: "test-http")

    @Test("Method, headers and body arrive, and the head, the body and the end of the answer come back", arguments: ClientRequest.Method.allCases)
    func echo(method: ClientRequest.Method) async throws {
        let server = try TestServer()
        let body: [UInt8]? = method == .get || method == .head || method == .delete ? nil : Array("some body".utf8)
        let answer = try await transport.fetch(
            ClientRequest(
                method: method, url: "\(server.url)/echo", headers: [("Authorization", "Bearer t0ken"), ("X-Empty", ""), ("Accept", "a/b;c=d")],
                body: body))
        #expect(answer.failure == nil && answer.status == 200)
        #expect(answer.heads.first?.header("x-one") == "1")
        #expect(answer.heads.first?.header("content-type") == "text/plain; charset=utf-8")
        if method == .head {
            #expect(answer.octets.isEmpty)
        } else {
            let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first == "\(method.rawValue)")
            #expect(lines.contains("Authorization: Bearer t0ken") && lines.contains("X-Empty: ") && lines.contains("Accept: a/b;c=d"))
            #expect(lines.contains("Host: 127.0.0.1:\(server.port)"))
            #expect(!answer.text.contains("Content-Type:") && !answer.text.contains("Expect:"))
            #expect(lines.last == (body == nil ? "" : "some body"))
            #expect(lines.contains("Content-Length: 9") == (body != nil))
        }
        transport.stop()
        await server.stop()
    }

    @Test("An empty body is sent as one, and a type that is given as it is")
    func emptyBody() async throws {
        let server = try TestServer()
        let request = ClientRequest(method: .patch, url: "\(server.url)/echo", headers: [("content-type", "application/merge-patch+json")], body: [])
        let answer = try await transport.fetch(request)
        #expect(answer.text.hasPrefix("PATCH\n") && answer.text.contains("Content-Length: 0\n"))
        #expect(answer.text.lowercased().contains("content-type: application/merge-patch+json\n"))
        transport.stop()
        await server.stop()
    }

    @Test("A body that is chunked and gzipped comes as it was before that", arguments: [1, 100_000])
    func gzip(count: Int) async throws {
        let server = try TestServer()
        let answer = try await transport.fetch("\(server.url)/lines?n=\(count)")
        #expect(answer.failure == nil)
        #expect(answer.heads.first?.header("content-encoding") == "gzip" && answer.heads.first?.header("transfer-encoding") == "chunked")
        #expect(answer.text == (0..<count).map(TestServer.line).joined())
        transport.stop()
        await server.stop()
    }

    @Test("A redirection is reported as it is, and so is an error's status")
    func statuses() async throws {
        let server = try TestServer()
        let moved = try await transport.fetch("\(server.url)/moved")
        #expect(moved.status == 302 && moved.text == "elsewhere\n" && moved.failure == nil)
        #expect(moved.heads.first?.header("location") == "/echo")
        let missing = try await transport.fetch("\(server.url)/nothing")
        #expect(missing.status == 404 && missing.text == "not found\n" && missing.failure == nil)
        transport.stop()
        await server.stop()
    }

    @Test("200 exchanges at once, started by several threads, all end once and with their own answers")
    func many() async throws {
        let server = try TestServer()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let answer = try await transport.fetch("\(server.url)/lines?n=\(number)")
                    return answer.failure == nil && answer.text == (0..<number).map(TestServer.line).joined()
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        transport.stop()
        await server.stop()
    }

    @Test("A handler is let go of at the end")
    func release() async throws {
        final class Held: Sendable {}
        let server = try TestServer()
        let recorder = Recorder()
        weak var held: Held?
        let exchange: HTTPExchange
        do {
            let token = Held()
            held = token
            exchange = transport.start(ClientRequest(url: "\(server.url)/echo")) { event in withExtendedLifetime(token) { recorder.take(event) } }
        }
        _ = try await recorder.ended()
        try await waitUntil("the handler is let go of") { held == nil }
        exchange.cancel()
        transport.stop()
        await server.stop()
    }

    @Test("A request does not tell its secrets when it is printed")
    func printing() {
        let tls = TLSOptions(clientCertificate: .init(certificate: .file("/a.crt"), key: .octets(Array("key".utf8))))
        let request = ClientRequest(url: "https://user:secret@host/path?token=secret", headers: [("Authorization", "Bearer secret")], tls: tls)
        #expect("\(request)" == "GET host:443")
        #expect("\(request.tls)".contains("<secret>") && "\(request.tls)".contains("/a.crt"))
    }
}
