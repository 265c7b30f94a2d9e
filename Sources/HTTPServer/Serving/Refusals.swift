import Metrics
import Synchronization

/// Why a connection or a request was refused.
package enum HTTPRefusal: String, Sendable, CaseIterable {
    // Connections, which are closed:
    case tooManyConnections = "connections"
    case tooManyOfAddress = "connections_of_address"
    case slowHeader = "slow_header"
    case slowBody = "slow_body"
    case slowReader = "slow_reader"
    case clientCertificate = "client_certificate"
    // Requests, which are answered:
    case malformed = "malformed"
    case largeHeader = "large_header"
    case largeBody = "large_body"
    case rateLimit = "rate_limit"
    case noPassword = "no_password"
    case wrongPassword = "wrong_password"
    case manyPasswords = "many_passwords"

    /// Whether the whole connection was refused, not only a request.
    var isOfConnection: Bool {
        switch self {
        case .tooManyConnections, .tooManyOfAddress, .slowHeader, .slowBody, .slowReader, .clientCertificate: true
        default: false
        }
    }

    /// For what libmicrohttpd answers by itself, before a handler has seen it.
    init(status: UInt32) {
        switch status {
        case 413: self = .largeBody
        case 414, 431: self = .largeHeader
        default: self = .malformed
        }
    }
}

/// Counts what a server, or several together, refused.
package final class HTTPRefusals: Sendable {
    private let connections: Family<Counter>
    private let requests: Family<Counter>
    private let registry = Registry()

    /// Nothing refused yet.
    package init() {
        connections = registry.family(
            Counter.self, "weir_http_refused_connections_total", help: "HTTP connections that were closed, by reason.", labels: ["reason"])
        requests = registry.family(
            Counter.self, "weir_http_refused_requests_total",
            help: "HTTP requests that were answered with an error before they were looked at, by reason.",
            labels: ["reason"])
        for reason in HTTPRefusal.allCases { _ = counter(reason) }
    }

    /// How many were refused for this reason.
    package func count(_ reason: HTTPRefusal) -> UInt64 { counter(reason).value }

    /// Writes both families.
    package func write(to writer: inout ExpositionWriter) {
        registry.write(to: &writer)
    }

    func note(_ reason: HTTPRefusal) {
        counter(reason).add()
    }

    private func counter(_ reason: HTTPRefusal) -> Counter {
        (reason.isOfConnection ? connections : requests)[reason.rawValue]
    }
}
