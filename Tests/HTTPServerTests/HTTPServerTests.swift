import Foundation
import HTTPServer
import Testing

@Suite("Requests and answers over real sockets", .serialized)
struct HTTPServerTests {
    /// Shows the request as the handler sees it.
    private static let echo: HTTPHandler = { request in
        let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        return .text("\(request.method.rawValue) \(request.path) [\(query)] \(request.body.count) \(request.remoteAddress)\n")
    }

    @Test("The query's parts come in order, repeated ones too, with their escapes resolved")
    func query() async throws {
        let server = try serve(Self.echo)
        let answer = try await curl(
            "http://127.0.0.1:\(server.port)/a%20b?collect%5B%5D=flows&collect[]=self&x=b+c%20d%26%2B&empty=&bare&%C3%BC=%E2%82%AC")
        #expect(answer.text == "GET /a b [collect[]=flows|collect[]=self|x=b c d&+|empty=|bare=|ü=€] 0 127.0.0.1\n")
        await server.stop()
    }

    @Test("One port takes both families, and an IPv4 client is named as such")
    func dualStack() async throws {
        let server = try serve(Self.echo) { $0.listen = ":0" }
        #expect(try await curl("http://127.0.0.1:\(server.port)/").text == "GET / [] 0 127.0.0.1\n")
        if FileManager.default.fileExists(atPath: "/proc/net/if_inet6") {
            #expect(try await curl("http://[::1]:\(server.port)/").text == "GET / [] 0 ::1\n")
        }
        await server.stop()
    }

    @Test("A body is there for the handler, whole, whether its length was announced or not")
    func body() async throws {
        let server = try serve(Self.echo) { $0.maxBodyBytes = 1 << 20 }
        let url = "http://127.0.0.1:\(server.port)/"
        let file = try TemporaryFile(bytes: 1 << 20)
        #expect(try await curl("--data-binary", "@\(file.path)", url).text == "POST / [] 1048576 127.0.0.1\n")
        #expect(try await curl("-H", "Transfer-Encoding: chunked", "--data-binary", "@\(file.path)", url).text == "POST / [] 1048576 127.0.0.1\n")
        await server.stop()
    }

    @Test("A body above the bound is answered with 413, announced or not")
    func bodyTooLarge() async throws {
        let server = try serve(Self.echo) { $0.maxBodyBytes = 100_000 }
        let url = "http://127.0.0.1:\(server.port)/"
        let file = try TemporaryFile(bytes: 1_000_000)
        for extra in ["X-Nothing: here", "Transfer-Encoding: chunked", "Expect:"] {
            // Whoever is still sending when the connection is closed may see that before the answer.
            var statuses: [String] = []
            while statuses.count < 5, statuses.last?.hasPrefix("413") != true {
                statuses.append(try await curl("-o", "/dev/null", "-w", "%{http_code}", "-H", extra, "--data-binary", "@\(file.path)", url).text)
            }
            #expect(statuses.last?.hasPrefix("413") == true, "\(extra): \(statuses)")
        }
        await server.stop()
    }

    @Test("HEAD gets the headers of GET and no body, and no body is produced for it")
    func head() async throws {
        let server = try serve { request in
            guard request.path == "/stream" else { return .text("12345") }
            let body = HTTPResponse.Body.stream { _ in
                Issue.record("a body was produced")
                return false
            }
            return HTTPResponse(contentType: "text/plain", body: body)
        }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            let headers = client.read(through: "\r\n\r\n")
            #expect(headers.hasPrefix("HTTP/1.1 200"))
            #expect(headers.contains("Content-Length: 5\r\n"))
        }
        client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        let headers = client.read(through: "\r\n\r\n")
        #expect(headers.hasPrefix("HTTP/1.1 200"))
        #expect(headers.contains("Content-Encoding: gzip\r\n"))
        #expect(client.countToEnd() == 0)
        await server.stop()
    }

    @Test("HTTP/1.1 keeps the connection, pipelined or not; HTTP/1.0 only where asked")
    func keepAlive() async throws {
        let server = try serve(Self.echo)
        let client = try RawClient(port: server.port)
        client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read(through: "127.0.0.1\n").contains("GET /1"))
        #expect(client.read(through: "127.0.0.1\n").contains("GET /2"))
        client.send("GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(client.read(through: "127.0.0.1\n").contains("GET /3"))
        #expect(client.countToEnd() == 0)

        let old = try RawClient(port: server.port)
        old.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(old.read(through: "127.0.0.1\n").contains("GET /1"))
        old.send("GET /2 HTTP/1.0\r\n\r\n")
        #expect(old.read(through: "127.0.0.1\n").contains("GET /2"))
        #expect(old.countToEnd() == 0)
        await server.stop()
    }

    @Test("A stream reaches an HTTP/1.0 client without chunks, ended by closing")
    func streamToOldClient() async throws {
        let server = try serve { _ in HTTPResponse(contentType: "text/plain", body: .stream(lines(3))) }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(!client.read(through: "\r\n\r\n").contains("chunked"))
        #expect(client.countToEnd() == 3 * line.utf8.count)
        await server.stop()
    }

    @Test(
        "What is not HTTP, or lacks what HTTP/1.1 demands, is answered with 400",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: twelve\r\n\r\n"])
    func badRequests(text: String) async throws {
        let server = try serve(Self.echo)
        let client = try RawClient(port: server.port)
        client.send(text)
        let answer = client.read(through: "never")
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        #expect(try await curl("http://127.0.0.1:\(server.port)/").text == "GET / [] 0 127.0.0.1\n")
        await server.stop()
    }

    @Test("A flood of headers is refused, and others are served on")
    func headerFlood() async throws {
        let server = try serve(Self.echo) { $0.connectionMemory = 16 << 10 }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n")
        for number in 0..<5_000 { client.send("X-\(number): \(String(repeating: "a", count: 100))\r\n") }
        client.send("\r\n")
        let answer = client.read(through: "never")
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 431"), "\(answer)")
        #expect(try await curl("http://127.0.0.1:\(server.port)/").text == "GET / [] 0 127.0.0.1\n")
        await server.stop()
    }

    @Test("More connections than allowed are turned away until one is free")
    func connectionLimit() async throws {
        let server = try serve(Self.echo) {
            $0.threads = 1
            $0.maxConnections = 2
        }
        var held = [try RawClient(port: server.port), try RawClient(port: server.port)]
        for client in held {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read(through: "127.0.0.1\n").contains("GET /"))
        }
        let surplus = try RawClient(port: server.port)
        held = []
        surplus.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let answer = surplus.read(through: "127.0.0.1\n")
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        #expect(try await eventually { try await curl("http://127.0.0.1:\(server.port)/").text == "GET / [] 0 127.0.0.1\n" })
        await server.stop()
    }

    @Test("A client that is silent too long is closed")
    func idle() async throws {
        let server = try serve(Self.echo) { $0.idleTimeout = .seconds(1) }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost:")
        let start = ContinuousClock.now
        #expect(client.countToEnd() == 0)
        #expect(ContinuousClock.now - start < .seconds(9))
        await server.stop()
    }

    @Test("A header that would smuggle another one is left out")
    func headerInjection() async throws {
        let server = try serve { _ in .text("ok\n", headers: [.init("X-A", "1\r\nX-B: 2"), .init("X-C", "3")]) }
        let headers = try await curl("-i", "http://127.0.0.1:\(server.port)/").text
        #expect(!headers.contains("X-B"))
        #expect(headers.contains("X-C: 3\r\n"))
        await server.stop()
    }
}

let line = "weir_flow_bytes_total{source_pod=\"a\",destination_pod=\"b\"} 123456789\n"

/// A body of `count` times `line`, in pieces of about 64 KiB.
func lines(_ count: Int, produced: @escaping (Int) -> Void = { _ in }) -> (inout [UInt8]) -> Bool {
    var rest = count
    return { buffer in
        while rest > 0, buffer.count < 64 << 10 {
            buffer.append(contentsOf: line.utf8)
            rest -= 1
        }
        produced(buffer.count)
        return rest > 0
    }
}

/// A file of zeros that goes away with its holder.
final class TemporaryFile {
    let path = NSTemporaryDirectory() + "weir-\(UUID().uuidString)"

    init(bytes: Int) throws {
        try Data(count: bytes).write(to: URL(filePath: path))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
