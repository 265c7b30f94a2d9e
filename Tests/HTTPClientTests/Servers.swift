import HTTPServer
import Support

/// Weir's own server, on a port of the kernel's choice of IPv4's loopback.
struct TestServer {
    let server: HTTPServer

    /// - Parameter webFile: the path of a web configuration file.
    init(webFile: String? = nil) throws {
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        server = try HTTPServer(configuration: configuration, webFile: webFile.map { path in try WebFile(path: path) }, handler: Self.answer)
    }

    var port: UInt16 { server.port }
    var url: String { "http://127.0.0.1:\(port)" }

    func stop() async {
        await server.stop()
    }

    /// What the line with this number of `/lines` says.
    static func line(_ number: Int) -> String { "this is line \(number)\n" }

    private static let answer: HTTPHandler = { request in
        switch request.path {
        case "/echo":
            let headers = request.headers.map { "\($0.name): \($0.value)\n" }.joined()
            return .text("\(request.method.rawValue)\n\(headers)\n\(String(decoding: request.body, as: UTF8.self))", headers: [.init("X-One", "1")])
        case "/lines": return HTTPResponse(contentType: "text/plain", body: .stream(lines(Int(request.queryValue("n") ?? "") ?? 0)))
        case "/moved": return .text("elsewhere\n", status: 302, headers: [.init("Location", "/echo")])
        case "/whoami": return .text("\(request.identity.map { "\($0)" } ?? "nobody")\n")
        default: return .text("not found\n", status: 404)
        }
    }

    private static func lines(_ count: Int) -> (inout [UInt8]) -> Bool {
        var number = 0
        return { buffer in
            while number < count, buffer.count < 32 << 10 {
                buffer += line(number).utf8
                number += 1
            }
            return number < count
        }
    }
}
