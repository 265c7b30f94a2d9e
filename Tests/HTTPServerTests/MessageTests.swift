import Metrics
import Testing

import HTTPServer

@Suite("Requests and answers without sockets")
struct MessageTests {
    private var router: Router {
        var router = Router()
        router.get("/metrics") { _ in .text("metrics") }
        router.post("/-/reload") { _ in .text("reloaded") }
        router.get("/both") { _ in .text("read") }
        router.post("/both") { _ in .text("changed") }
        router.get(below: "/things/") { _ in .text("thing") }
        router.post("/things/own") { _ in .text("own") }
        return router
    }

    @Test(
        "The router knows paths and methods",
        arguments: [
            ("GET", "/things/a", 200, nil), ("HEAD", "/things/a/b", 200, nil), ("POST", "/things/a", 405, "GET, HEAD"), ("GET", "/things", 404, nil),
            ("POST", "/things/own", 200, nil), ("GET", "/things/own", 405, "POST"),
            ("GET", "/metrics", 200, nil), ("HEAD", "/metrics", 200, nil), ("POST", "/metrics", 405, "GET, HEAD"),
            ("GET", "/-/reload", 405, "POST"), ("HEAD", "/-/reload", 405, "POST"), ("POST", "/-/reload", 200, nil), ("POST", "/both", 200, nil),
            ("DELETE", "/both", 405, "GET, HEAD, POST"), ("get", "/metrics", 405, "GET, HEAD"), ("GET", "/metrics/", 404, nil), ("GET", "", 404, nil),
        ] as [(String, String, Int, String?)])
    func routing(method: String, path: String, status: Int, allow: String?) {
        let response = router.respond(to: HTTPRequest(method: .init(rawValue: method), path: path))
        #expect(response.status == status)
        #expect(response.headers.first { $0.name == "Allow" }?.value == allow)
    }

    @Test(
        "What another site's page sends changes nothing",
        arguments: [
            ([:], false), (["Sec-Fetch-Site": "same-origin"], false), (["Sec-Fetch-Site": "none"], false), (["Sec-Fetch-Site": "cross-site"], true),
            (["sec-fetch-site": "same-site"], true), (["Origin": "http://weir.example.org:9478", "Host": "weir.example.org:9478"], false),
            (["Origin": "https://WEIR.example.org", "Host": "weir.example.org"], false),
            (["Origin": "https://evil.example.org", "Host": "weir.example.org"], true),
            (["Origin": "http://weir.example.org:81", "Host": "weir.example.org"], true), (["Origin": "null", "Host": "weir.example.org"], true),
            (["Origin": "http://weir.example.org"], true),
            (["Origin": "http://weir.example.org", "Host": "weir.example.org", "Sec-Fetch-Site": "cross-site"], true),
        ] as [([String: String], Bool)])
    func crossSite(headers: [String: String], expected: Bool) {
        var request = HTTPRequest(method: .post, path: "/-/reload", headers: headers.map { .init($0.key, $0.value) })
        #expect(request.isCrossSite == expected)
        #expect(router.respond(to: request).status == (expected ? 403 : 200))
        request.method = .get
        request.path = "/metrics"
        #expect(router.respond(to: request).status == 200)
    }

    @Test("Headers are found whatever their case, repeated ones as one list; parts of the query by their exact name")
    func lookups() {
        let request = HTTPRequest(
            method: .get, path: "/", query: [.init("a", "1"), .init("A", "2"), .init("a", "3")],
            headers: [.init("Accept", "text/plain"), .init("ACCEPT", "*/*")])
        #expect(request.header("accept") == "text/plain, */*")
        #expect(request.header("host") == nil)
        #expect(request.queryValues("a") == ["1", "3"])
        #expect(request.queryValue("a") == "1")
        #expect(request.queryValue("b") == nil)
    }

    @Test("Nothing escaped for HTML is markup")
    func html() {
        #expect("<a href=\"x\" b='y'>&amp;ü\r\n</a>".htmlEscaped == "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;ü\r\n&lt;/a&gt;")
    }

    @Test(
        "gzip is taken where the client says so",
        arguments: [
            ("", false), ("gzip", true), ("GZIP", true), ("x-gzip", true), ("deflate, br", false), ("gzip;q=0", false), ("gzip;q=0.000", false),
            ("gzip;q=0.001", true), ("*", true), ("*;q=0", false), ("gzip;q=0, *", false), ("identity, *;q=0.1", true), ("deflate, gzip;q=0.5", true),
        ])
    func acceptEncoding(header: String, expected: Bool) {
        #expect(AcceptHeader(header).takesGzip == expected)
    }

    @Test("A body comes whole through buffers of any size, and pieces that are empty end nothing", arguments: [1, 3, 7, 100])
    func bodyReader(size: Int) {
        var pieces: [[UInt8]] = [[], [1, 2, 3], [], [], [4, 5, 6, 7, 8], []]
        let reader = BodyReader(
            .stream { buffer in
                buffer += pieces.removeFirst()
                return !pieces.isEmpty
            }, gzip: nil)
        var body: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: size)
        while true {
            let count = unsafe buffer.withUnsafeMutableBufferPointer { unsafe reader.read(into: $0) }
            if count == 0 { break }
            body += buffer[..<count]
        }
        #expect(body == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(unsafe buffer.withUnsafeMutableBufferPointer { unsafe reader.read(into: $0) } == 0)
    }
}
