import Foundation
import HTTPServer
import Synchronization
import Testing

@Suite("Bodies that are produced while they are sent", .serialized)
struct StreamingTests {
    @Test("A gzipped stream unpacks to what was produced", arguments: [0, 1, 20_000])
    func gzipStream(count: Int) async throws {
        let server = try serve { _ in HTTPResponse(contentType: "text/plain", body: .stream(lines(count))) }
        let url = "http://127.0.0.1:\(server.port)/"
        let plain = try await curl(url)
        #expect(plain.count == count * line.utf8.count)
        #expect(try await curl("--compressed", url) == plain)
        let packed = try await curl("-H", "Accept-Encoding: gzip", url)
        #expect(packed.starts(with: [0x1F, 0x8B]))
        #expect(count < 2 || packed.count * 10 < plain.count)
        await server.stop()
    }

    @Test("Bytes are gzipped where it is worth it, and caches are told")
    func gzipBytes() async throws {
        let server = try serve { request in .text(String(repeating: "x", count: Int(request.queryValue("n") ?? "") ?? 0)) }
        let url = "http://127.0.0.1:\(server.port)/?n="
        let long = try await curl("-i", "-H", "Accept-Encoding: gzip;q=1.0, identity; q=0.5", url + "5000")
        #expect(String(decoding: long, as: UTF8.self).contains("Content-Encoding: gzip\r\n"))
        #expect(String(decoding: long, as: UTF8.self).contains("Vary: Accept-Encoding\r\n"))
        #expect(try await curl("--compressed", url + "5000").count == 5000)
        #expect(try await !curl("-i", "-H", "Accept-Encoding: gzip", url + "100").text.contains("gzip"))
        let refused = try await curl("-i", "-H", "Accept-Encoding: gzip;q=0, *", url + "5000").text
        #expect(!refused.contains("Content-Encoding") && refused.contains("Content-Length: 5000\r\n"))
        #expect(try await curl(url + "0").isEmpty)
        await server.stop()
    }

    /// In a process of its own, so that nothing else is in the memory that it measures.
    @Test("50 MB are sent without being held, plain and gzipped", arguments: ["identity", "gzip"])
    func memory(encoding: String) async throws {
        await #expect(processExitsWith: .success) { [encoding] in
            let produced = Mutex((bytes: 0, resident: 0))
            let start = residentBytes()
            let server = try serve { _ in
                HTTPResponse(
                    contentType: "text/plain",
                    body: .stream(
                        lines(50_000_000 / line.utf8.count) { count in
                            produced.withLock {
                                $0.bytes += count
                                $0.resident = max($0.resident, residentBytes())
                            }
                        }))
            }
            let size = try await curl(
                "-o", "/dev/null", "-w", "%{size_download}", "-H", "Accept-Encoding: \(encoding)", "http://127.0.0.1:\(server.port)/")
            let (bytes, resident) = produced.withLock { $0 }
            #expect(bytes > 49_900_000)
            #expect(encoding == "gzip" || size.text == "\(bytes)")
            #expect(resident - start < 10_000_000, "\(start) → \(resident)")
            await server.stop()
        }
    }

    @Test("A client that does not read holds no thread, and its body is not produced ahead")
    func slowReader() async throws {
        let produced = Mutex(0)
        let server = try serve { request in
            guard request.path == "/long" else { return .text("short\n") }
            let body = lines(1_000_000) { count in produced.withLock { $0 += count } }
            return HTTPResponse(contentType: "text/plain", body: .stream(body))
        } with: {
            $0.threads = 1
        }
        let slow = try (0..<3).map { _ in try RawClient(port: server.port, receiveBuffer: 4096) }
        for client in slow {
            client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        }
        #expect(try await curl("http://127.0.0.1:\(server.port)/short").text == "short\n")
        // What the sockets' buffers take, of 210 MB asked for.
        #expect(produced.withLock { $0 } < 30_000_000)
        await server.stop(within: .zero)
    }

    @Test("What is being sent is sent to its end when the server stops, and nothing new is taken")
    func stopDrains() async throws {
        let server = try serve { _ in HTTPResponse(contentType: "text/plain", body: .stream(lines(200_000))) }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        async let stopped: Void = server.stop(within: .seconds(10))
        #expect(
            try await eventually {
                (try? RawClient(port: server.port)) == nil
            })
        #expect(client.countToEnd() == 200_000 * line.utf8.count)
        await stopped
    }

    @Test("A client that never finishes delays the stop by no more than the bound, and its body is let go of")
    func stopIsBounded() async throws {
        final class Held: Sendable {}
        let held = Mutex<Weak<Held>?>(nil)
        let server = try serve { _ in
            let token = Held()
            held.withLock { $0 = Weak(token) }
            return HTTPResponse(
                contentType: "text/plain",
                body: .stream { buffer in
                    withExtendedLifetime(token) { buffer.append(contentsOf: repeatElement(0, count: 65536)) }
                    return true
                })
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        #expect(held.withLock { $0?.value != nil })
        let start = ContinuousClock.now
        await server.stop(within: .milliseconds(100))
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(held.withLock { $0?.value == nil })
        await server.stop()
    }

    private struct Weak<Value: AnyObject & Sendable>: Sendable {
        weak let value: Value?
        init(_ value: Value) { self.value = value }
    }
}
