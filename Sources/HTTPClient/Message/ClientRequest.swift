/// What is asked of a server, and how long it may take.
package struct ClientRequest: Sendable {
    /// RFC 9110 §9.3, and RFC 5789 for `PATCH`.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method
    /// Absolute, with `http` or `https`. A user and password in it are sent as basic authentication.
    package var url: String
    /// Beside `Host`, `Accept`, `Accept-Encoding: gzip` and `Content-Length`, of which the first two can be given here. Names are tokens (RFC 9110 §5.6.2); a value
    /// with a control character makes the exchange fail, and nothing is sent.
    package var headers: [(name: String, value: String)]
    /// Sent with its length; nil: none.
    package var body: [UInt8]?
    /// From the start until the connection stands: name, connection, proxy, TLS.
    package var connectTimeout: Duration
    /// A connection on which neither a line of the head nor an octet of the body has come for so long is given up; nil: never.
    package var stallLimit: Duration?
    /// From the start to the last octet; nil: as long as it takes.
    package var totalTimeout: Duration?
    package var tls: TLSOptions
    /// Octets of status line, headers and trailers together; more ends the exchange.
    package var maximumHeadOctets: Int

    /// A request with the defaults of the project.
    package init(
        method: Method = .get, url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(10), stallLimit: Duration? = nil, totalTimeout: Duration? = nil, tls: TLSOptions = TLSOptions(),
        maximumHeadOctets: Int = 64 << 10
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.stallLimit = stallLimit
        self.totalTimeout = totalTimeout
        self.tls = tls
        self.maximumHeadOctets = maximumHeadOctets
    }
}

extension ClientRequest: CustomStringConvertible {
    /// Method and host: not the URL, nor headers or body, which may hold secrets.
    package var description: String {
        "\(method.rawValue) \((try? Target(url))?.name ?? "<not a URL>")"
    }
}
