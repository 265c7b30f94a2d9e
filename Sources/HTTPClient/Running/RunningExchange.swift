import CCurl
import CLinuxSockets

/// An exchange on the transport's thread, from its start to its end.
final class RunningExchange {
    let exchange: HTTPExchange
    let target: Target
    let handler: (HTTPEvent) -> Void
    let easy: EasyHandle
    /// Which libcurl reads when it connects.
    let files: [MemoryFile]
    private let tls: TLSOptions
    private let connectTimeout: Duration
    private let maximumHeadOctets: Int
    private var head: HeadReader
    /// What ended it, where libcurl does not know.
    private var failure: HTTPFailure?
    /// When the connection stood, or the last octets came; nil before.
    private(set) var lastSign: Int64?

    var id: ObjectIdentifier { ObjectIdentifier(exchange) }

    /// Makes it ready to run. Throws where the request cannot be sent.
    init(
        _ exchange: HTTPExchange, _ request: ClientRequest, _ handler: @escaping (HTTPEvent) -> Void, _ memory: inout MemoryFiles, now: Int64
    ) throws(HTTPFailure) {
        self.exchange = exchange
        self.handler = handler
        target = try Target(request.url, serverName: request.tls.serverName)
        tls = request.tls
        connectTimeout = request.connectTimeout
        maximumHeadOctets = request.maximumHeadOctets
        head = HeadReader(maximumOctets: request.maximumHeadOctets)
        let paths = target.isTLS ? try CredentialPaths(request.tls, in: &memory, now: now) : CredentialPaths()
        files = paths.files
        let lines = try request.headerLines(to: target)
        do throws(OptionRefused) {
            easy = try EasyHandle()
            try easy.tell(self)
            try easy.set(request, to: target, headers: lines)
            try easy.set(request.tls, paths)
        } catch {
            throw unsafe HTTPFailure(
                kind: .other, message: "\(target.name): libcurl's option \(error.option.rawValue): \(String(cString: curl_easy_strerror(error.code)))"
            )
        }
    }

    /// The exchange that libcurl's context stands for.
    static func from(_ context: UnsafeMutableRawPointer) -> RunningExchange {
        unsafe Unmanaged<RunningExchange>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: What libcurl tells; false ends the exchange

    func connected() -> Bool {
        lastSign = weir_monotonic_time()
        return !exchange.isCancelled
    }

    func takeHeadLine(_ line: [UInt8]) -> Bool {
        guard !exchange.isCancelled else { return false }
        lastSign = weir_monotonic_time()
        switch head.take(line) {
        case .more: return true
        case .head(let head): handler(.head(head))
        case .tooLong: failure = failure(.other, "the answer's head is larger than \(maximumHeadOctets) octets")
        case .malformed: failure = failure(.other, "the answer's status line is none")
        }
        return failure == nil && !exchange.isCancelled
    }

    func takeBody(_ octets: [UInt8]) -> Bool {
        guard !exchange.isCancelled else { return false }
        lastSign = weir_monotonic_time()
        guard head.isDone else {
            // libcurl passes on what follows 101, which nobody asked for.
            failure = failure(.other, "octets of a body came before a head")
            return false
        }
        handler(.octets(octets))
        return !exchange.isCancelled
    }

    // MARK: The end

    /// Why it ended; nil where all went well.
    func outcome(_ code: CURLcode) -> HTTPFailure? {
        if let failure { return failure }
        if exchange.isCancelled { return .cancelled }
        guard code != CURLE_OK else { return head.isDone ? nil : failure(.cut, "the connection ended before the answer's head") }
        let circumstances = FailedExchange(
            code: code, detail: easy.detail, systemError: easy.systemError, isConnected: lastSign != nil, hasHead: head.isDone,
            isNameResolved: easy.time(CURLINFO_NAMELOOKUP_TIME_T) > 0,
            connectTimeout: connectTimeout, target: target, tls: tls)
        return failure(circumstances.kind, circumstances.reason)
    }

    private func failure(_ kind: HTTPFailure.Kind, _ reason: String) -> HTTPFailure {
        HTTPFailure(kind: kind, message: "\(target.name): \(reason)")
    }
}
