import Metrics
import Synchronization

/// One request and its answer, from the last of its headers until it is sent or given up.
///
/// Used by one of the server's threads only, but for `verdict`, which comes from the thread that compares passwords.
final class Exchange: @unchecked Sendable {
    /// A body larger than allowed is read on up to this many times its bound, so that its sender reads the 413 and is not cut off; then it is cut off.
    private static let patience = 16
    /// Shorter bodies gain nothing from gzip: they fit into a packet anyway.
    private static let leastCompressed = 1024

    private let service: Service
    private let client: Client
    private let door: Door
    private var body: [UInt8] = []
    private var discarded = 0
    /// The password that is yet to be compared.
    private var credentials: BasicCredentials?
    private let verdict = Mutex<PasswordVerifier.Verdict?>(nil)
    private var identity: HTTPRequest.Identity?

    init(_ service: Service, _ client: Client) {
        self.service = service
        self.client = client
        door = service.door
        service.exchangeBegan()
        client.headersCame()
    }

    deinit {
        client.answerEnded()
        service.exchangeEnded()
    }

    private var limit: Int { service.configuration.maxBodyBytes }

    // MARK: The request

    /// Takes in the headers; who may not come in, and a body that is announced as too large, is refused before the body is sent. False where the connection
    /// must be closed.
    func begin(_ connection: Connection) -> Bool {
        if let tls = door.credentials?.configuration, !tls.admits(client.certificate) {
            service.refusals.note(.clientCertificate)
            return false
        }
        if let certificate = client.certificate, certificate.isVerified { identity = .certificate(certificate.subject) }
        if let limit = door.rateLimit, !limit.admit(at: .now) { return refuse(.rateLimit, tooManyRequests, on: connection) }
        if !door.users.isEmpty {
            guard let credentials = connection.header("Authorization").flatMap({ BasicCredentials(authorization: $0) }) else {
                return refuse(.noPassword, unauthorized, on: connection)
            }
            switch service.verifier.knownVerdict(credentials) {
            case .right: identity = .user(credentials.user)
            case .wrong: return refuse(.wrongPassword, unauthorized, on: connection)
            case .busy, nil: self.credentials = credentials
            }
        }
        guard let length = connection.header("Content-Length").flatMap({ UInt64($0) }), length > UInt64(clamping: limit) else { return true }
        return refuse(.largeBody, tooLarge, on: connection)
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

    // MARK: The answer

    /// Answers the request, which is complete; or has its password compared first, and is called again. False where the connection must be closed.
    func answer(_ connection: Connection, method: String, path: String) -> Bool {
        if let credentials {
            switch verdict.withLock({ $0 }) {
            case nil:
                compare(credentials, on: connection)
                return true
            case .right: identity = .user(credentials.user)
            case .wrong: return refuse(.wrongPassword, unauthorized, on: connection)
            case .busy: return refuse(.manyPasswords, tooManyPasswords, on: connection)
            }
        }
        guard discarded == 0 else { return refuse(.largeBody, tooLarge, on: connection) }
        var request = HTTPRequest(
            method: HTTPMethod(rawValue: method), path: path, query: connection.query, headers: connection.headers, body: body,
            remoteAddress: connection.remoteAddress)
        request.identity = identity
        body = []
        return send(service.handler(request), on: connection, to: request)
    }

    private func compare(_ credentials: BasicCredentials, on connection: Connection) {
        client.passwordIsCompared()
        connection.suspend()
        service.verifier.verify(credentials, from: client.address) { [self] verdict in
            self.verdict.withLock { $0 = verdict }
            connection.resume()
        }
    }

    private func refuse(_ reason: HTTPRefusal, _ response: HTTPResponse, on connection: Connection) -> Bool {
        service.refusals.note(reason)
        return send(response, on: connection)
    }

    private func send(_ response: HTTPResponse, on connection: Connection, to request: HTTPRequest? = nil) -> Bool {
        var headers = response.headers
        headers.append(.init("Content-Type", response.contentType))
        headers.append(.init("X-Content-Type-Options", "nosniff"))
        for header in door.headers {
            headers.removeAll { $0.name.lowercased() == header.name.lowercased() }
            headers.append(header)
        }
        // Whoever began with another certificate or authority than holds now begins anew.
        if service.isStopping || client.door?.credentials !== door.credentials { headers.append(.init("Connection", "close")) }

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
        client.answerBegins()
        return connection.send(
            status: response.status, headers: headers, length: length, body: BodyReader(response.body, gzip: gzip), isHead: request?.method == .head)
    }
}

/// What is answered in a handler's place.
extension Exchange {
    private var tooLarge: HTTPResponse {
        .text("the body is larger than \(service.configuration.maxBodyBytes) bytes\n", status: 413)
    }

    private var unauthorized: HTTPResponse {
        .text("a user and a password are wanted\n", status: 401, headers: [.init("WWW-Authenticate", "Basic realm=\"weir\", charset=\"UTF-8\"")])
    }

    private var tooManyPasswords: HTTPResponse {
        .text("too many passwords are being compared\n", status: 429, headers: [.init("Retry-After", "5")])
    }

    private var tooManyRequests: HTTPResponse {
        .text("more requests than rate_limit allows\n", status: 429, headers: [.init("Retry-After", "1")])
    }
}

extension AcceptHeader {
    /// Whether an answer may be compressed with gzip (RFC 9110 §12.5.3).
    package var takesGzip: Bool {
        let choice = choices.first { $0.value == "gzip" || $0.value == "x-gzip" } ?? choices.first { $0.value == "*" }
        return (choice?.quality ?? 0) > 0
    }
}
