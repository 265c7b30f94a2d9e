/// What a client gets. It is made and sent on one thread.
package struct HTTPResponse {
    /// What follows the headers.
    package enum Body {
        case bytes([UInt8])
        /// Asked again and again as the client takes it, each time with an empty buffer: appends the next piece, of some 10 to 100 KiB, and says whether more
        /// follows. It is let go of when all is sent or the client has gone.
        case stream((inout [UInt8]) -> Bool)
    }

    /// 200 to 599.
    package var status: Int
    package var contentType: String
    /// Beside those that the server itself sets (`Content-Type`, `Content-Encoding`, `Content-Length`, `Vary`, `Date`). Values that cannot stand in a header are left out.
    package var headers: [HTTPRequest.Field]
    package var body: Body

    /// An answer as its parts say.
    package init(status: Int = 200, contentType: String, headers: [HTTPRequest.Field] = [], body: Body) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// Plain text; a line feed is not added.
    package static func text(_ text: String, status: Int = 200, headers: [HTTPRequest.Field] = []) -> Self {
        Self(status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: .bytes(Array(text.utf8)))
    }

    /// A page, whose author has escaped what is not markup. It loads nothing from elsewhere, and no other site may frame it.
    package static func html(_ html: String, status: Int = 200) -> Self {
        let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
        return Self(
            status: status, contentType: "text/html; charset=utf-8", headers: [.init("Content-Security-Policy", policy)],
            body: .bytes(Array(html.utf8)))
    }

    /// JSON that is encoded already.
    package static func json(_ json: [UInt8], status: Int = 200) -> Self {
        Self(status: status, contentType: "application/json", body: .bytes(json))
    }
}
