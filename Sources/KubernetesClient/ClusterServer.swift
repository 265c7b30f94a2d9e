import HTTPClient
import Synchronization

/// The API server, as it is asked.
final class ClusterServer: Sendable {
    let transport: HTTPTransport
    private let credentials: ClusterCredentials
    private let authorization: RequestAuthorization
    private let report: @Sendable (WatchReport) -> Void
    /// What was last wrong with the token's file.
    private let problem = Mutex<String?>(nil)

    init(_ credentials: ClusterCredentials, transport: HTTPTransport, report: @escaping @Sendable (WatchReport) -> Void) {
        self.credentials = credentials
        self.transport = transport
        self.report = report
        authorization = RequestAuthorization(credentials.authentication)
    }

    /// Asks, and says what happens.
    func start(_ request: ListWatch.Request, _ handler: @escaping @Sendable (ListWatch.Input) -> Void) -> HTTPExchange {
        var headers = [(name: "Accept", value: request.accept), (name: "User-Agent", value: "weir")]
        let (value, problem) = authorization.header()
        if let value { headers.append((name: "Authorization", value: value.revealed)) }
        tell(problem)
        let http = ClientRequest(url: credentials.server + request.target, headers: headers, stallLimit: request.stallLimit, tls: credentials.tls)
        return transport.start(http) { event in
            switch event {
            case .head(let head): handler(.head(status: head.status, retryAfter: head.header("retry-after")))
            case .octets(let octets): handler(.octets(octets))
            case .end(let failure): handler(.end(Self.end(failure)))
            }
        }
    }

    private static func end(_ failure: HTTPFailure?) -> ListWatch.End {
        guard let failure else { return .whole }
        switch failure.kind {
        case .stalled: return .stalled
        case .resolve, .connect, .tls: return .unreachable(failure.message)
        case .cancelled, .timeout, .cut, .other: return .cut(failure.message)
        }
    }

    /// Reports a problem of the token's file when it comes up.
    private func tell(_ problem: String?) {
        let isNew = self.problem.withLock { known in
            defer { known = problem }
            return problem != nil && known != problem
        }
        if isNew, let problem { report(WatchReport(severity: .warning, message: "the token cannot be read, the last one goes on: \(problem)")) }
    }
}
