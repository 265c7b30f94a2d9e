import CCurl

/// Where a request goes, read by libcurl's own parser, so that both mean the same.
struct Target {
    /// `HOST:PORT`, for people.
    let name: String
    /// Whether the connection is encrypted.
    let isTLS: Bool
    /// What libcurl is given: with the server's name for TLS in the host's place where that is another.
    let url: String
    /// `CURLOPT_CONNECT_TO`: where the URL's host really is; nil where it is there.
    let connectTo: String?
    /// The `Host` header; nil where it is the URL's own.
    let host: String?

    /// - Parameter serverName: see `TLSOptions.serverName`.
    init(_ text: String, serverName: String? = nil) throws(HTTPFailure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw Self.failure("the URL holds a blank or a control character") }
        let parts = try URLParts()
        guard parts.set(CURLUPART_URL, text), let scheme = parts.get(CURLUPART_SCHEME), let host = parts.get(CURLUPART_HOST),
            let port = parts.get(CURLUPART_PORT, CURLU_DEFAULT_PORT)
        else { throw Self.failure("the URL is none") }
        guard scheme == "http" || scheme == "https" else { throw Self.failure("\(host): the URL's scheme is neither http nor https") }
        name = "\(host):\(port)"
        isTLS = scheme == "https"
        guard isTLS, let serverName, serverName != host else {
            url = text
            connectTo = nil
            self.host = nil
            return
        }
        guard serverName.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), parts.set(CURLUPART_HOST, serverName), let changed = parts.get(CURLUPART_URL)
        else {
            throw Self.failure("\(name): the server's name for TLS is no name of a host")
        }
        url = changed
        connectTo = "::\(name)"
        self.host = parts.get(CURLUPART_PORT) == nil ? host : name
    }

    private static func failure(_ message: String) -> HTTPFailure {
        HTTPFailure(kind: .other, message: message)
    }
}

/// libcurl's URL parser.
@safe private final class URLParts {
    private let handle: OpaquePointer

    init() throws(HTTPFailure) {
        guard let handle = unsafe curl_url() else { throw HTTPFailure(kind: .other, message: "no memory") }
        unsafe self.handle = handle
    }

    deinit {
        unsafe curl_url_cleanup(handle)
    }

    func set(_ part: CURLUPart, _ text: String) -> Bool {
        unsafe curl_url_set(handle, part, text, 0) == CURLUE_OK
    }

    func get(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let found = unsafe text else { return nil }
        defer { unsafe curl_free(found) }
        return unsafe String(cString: found)
    }
}
