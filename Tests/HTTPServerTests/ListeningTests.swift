import HTTPServer
import Testing

@Suite("Where a server listens")
struct ListeningTests {
    @Test("A port in use is an error that names the address and says so")
    func portInUse() async throws {
        let first = try serve { _ in .text("") }
        let address = "127.0.0.1:\(first.port)"
        #expect {
            _ = try serve({ _ in .text("") }) { $0.listen = address }
        } throws: { error in
            "\(error)" == "cannot listen on \(address): Address already in use"
        }
        let everywhere = ":\(first.port)"
        #expect {
            _ = try serve({ _ in .text("") }) { $0.listen = everywhere }
        } throws: { error in
            "\(error)" == "cannot listen on \(everywhere): Address already in use"
        }
        await first.stop()
    }

    @Test(
        "An address that is none is an error that says why",
        arguments: ["9478", "", "localhost", ":http", "::1:80", "[::1]80", "[]:1", ":70000", "[x:80"])
    func invalid(address: String) {
        #expect {
            _ = try serve({ _ in .text("") }) { $0.listen = address }
        } throws: { error in
            "\(error)".hasPrefix("\"\(address)\" is not an address to listen on: ")
        }
    }

    @Test("An address of another machine is an error with the system's words")
    func notOurs() {
        #expect(throws: HTTPServerError.self) {
            _ = try serve({ _ in .text("") }) { $0.listen = "192.0.2.1:0" }
        }
    }

    @Test("A server that is let go of frees its port")
    func letGo() throws {
        var server: HTTPServer? = try serve { _ in .text("") }
        let port = try #require(server?.port)
        server = nil
        server = try serve({ _ in .text("") }) { $0.listen = "localhost:\(port)" }
        #expect(server?.port == port)
    }
}
