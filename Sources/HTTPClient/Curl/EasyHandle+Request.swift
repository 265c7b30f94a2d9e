import CCurl

extension EasyHandle {
    /// Octets of libcurl's buffer for what it receives.
    private static let receiveBuffer = 64 << 10
    /// Seconds after which a connection that nobody used is not used again.
    static let longestIdle = 60

    /// Takes over all but what is about TLS.
    func set(_ request: ClientRequest, to target: Target, headers: [String]) throws(OptionRefused) {
        try set(CURLOPT_URL, target.url)
        // No redirection to elsewhere, no other protocol, no signal handlers of libcurl's, no waiting for names whose addresses are no longer wanted.
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_QUICK_EXIT, 1)

        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_ACCEPT_ENCODING, "gzip")
        try set(CURLOPT_BUFFERSIZE, Self.receiveBuffer)
        try set(CURLOPT_HTTPHEADER, headers)
        if let connectTo = target.connectTo { try set(CURLOPT_CONNECT_TO, [connectTo]) }

        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_MAXAGE_CONN, Self.longestIdle)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 10)

        if let body = request.body {
            try set(CURLOPT_POST, 1)
            try set(body: body)
        } else if request.method == .head {
            try set(CURLOPT_NOBODY, 1)
        } else {
            try set(CURLOPT_HTTPGET, 1)
        }
        if request.method != .get || request.body != nil { try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    /// Takes over whom to trust and who we are.
    func set(_ tls: TLSOptions, _ paths: CredentialPaths) throws(OptionRefused) {
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if tls.skipsVerification {
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let authority = paths.authority {
            try set(CURLOPT_CAINFO, authority)
            // Debian's libcurl trusts this folder as well, if it is not told otherwise.
            try set(CURLOPT_CAPATH, nil as String?)
        }
        if let certificate = paths.certificate { try set(CURLOPT_SSLCERT, certificate) }
        if let key = paths.key { try set(CURLOPT_SSLKEY, key) }
    }
}

extension ClientRequest {
    /// The headers in libcurl's notation. Throws where one of them cannot be sent.
    func headerLines(to target: Target) throws(HTTPFailure) -> [String] {
        // What libcurl adds of its own accord: it waits for an interim answer before it sends a large body, and takes all bodies for forms.
        var lines = ["Expect:"]
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        if let host = target.host, !headers.contains(where: { $0.name.lowercased() == "host" }) { lines.append("Host: \(host)") }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(\.isTokenOctet) else {
                throw HTTPFailure(kind: .other, message: "\(target.name): a header's name is none")
            }
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPFailure(kind: .other, message: "\(target.name): the value of the header \(header.name) holds a control character")
            }
            // A semicolon in the colon's place is how libcurl is told to send a header without a value.
            lines.append(header.value.allSatisfy(\.isWhitespace) ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        return lines
    }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    fileprivate var isTokenOctet: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}

extension Duration {
    /// At least 1: libcurl takes 0 for its own default.
    fileprivate var wholeMilliseconds: Int {
        Int(clamping: max(Int64(0).advanced(byClamped: self) / 1_000_000, 1))
    }
}
