import Metrics

/// One request and its answer, from the last of its headers until it is sent or given up. Used by one thread only.
final class Exchange {
    /// A body larger than allowed is read on up to this many times its bound, so that its sender reads the 413 and is not cut off; then it is cut off.
    private static let patience = 16
    /// Shorter bodies gain nothing from gzip: they fit into a packet anyway.
    private static let leastCompressed = 1024

    private let service: Service
    private var body: [UInt8] = []
    private var discarded = 0

    init(_ service: Service) {
        self.service = service
        service.exchangeBegan()
    }

    deinit {
        service.exchangeEnded()
    }

    private var limit: Int { service.configuration.maxBodyBytes }

    /// Takes in the headers; a body that is announced as too large is refused before it is sent. False where the connection must be closed.
    func begin(_ connection: Connection) -> Bool {
        guard let length = connection.header("Content-Length").flatMap({ UInt64($0) }), length > UInt64(clamping: limit) else { return true }
        return send(tooLarge, on: connection)
    }

    /// Takes in a piece of the body. False where the connection must be closed.
    func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        if discarded == 0, piece.count <= limit - body.count {
            unsafe body.append(contentsOf: piece)
            return true
        }
        discarded = discarded &+ body.count &+ piece.count
        body = []
        return discarded / Self.patience <= limit
    }

    /// Answers the request, which is complete. False where the connection must be closed.
    func answer(_ connection: Connection, method: String, path: String) -> Bool {
        guard discarded == 0 else { return send(tooLarge, on: connection) }
        let request = HTTPRequest(
            method: HTTPMethod(rawValue: method), path: path, query: connection.query, headers: connection.headers, body: body,
            remoteAddress: connection.remoteAddress)
        body = []
        return send(service.handler(request), on: connection, to: request)
    }

    private var tooLarge: HTTPResponse {
        .text("the body is larger than \(limit) bytes\n", status: 413)
    }

    private func send(_ response: HTTPResponse, on connection: Connection, to request: HTTPRequest? = nil) -> Bool {
        var headers = response.headers
        headers.append(.init("Content-Type", response.contentType))
        headers.append(.init("X-Content-Type-Options", "nosniff"))
        if service.isStopping { headers.append(.init("Connection", "close")) }

        var length: Int?
        if case .bytes(let bytes) = response.body { length = bytes.count }
        var gzip: GzipStream?
        if length ?? .max >= Self.leastCompressed {
            headers.append(.init("Vary", "Accept-Encoding"))
            if AcceptHeader(request?.header("Accept-Encoding") ?? "").takesGzip { gzip = GzipStream() }
            if gzip != nil {
                headers.append(.init("Content-Encoding", "gzip"))
                length = nil
            }
        }
        return connection.send(
            status: response.status, headers: headers, length: length, body: BodyReader(response.body, gzip: gzip), isHead: request?.method == .head)
    }
}

extension AcceptHeader {
    /// Whether an answer may be compressed with gzip (RFC 9110 §12.5.3).
    package var takesGzip: Bool {
        let choice = choices.first { $0.value == "gzip" || $0.value == "x-gzip" } ?? choices.first { $0.value == "*" }
        return (choice?.quality ?? 0) > 0
    }
}
