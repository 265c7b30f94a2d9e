import HTTPClient

/// What became of an attempt to tell a receiver.
package enum Outcome: Sendable, Equatable {
    /// It was taken.
    case delivered
    /// The receiver does not want it, and would not want it later either: a status of 4xx; with the beginning of its answer.
    case refused(status: Int, body: String)
    /// It may go better later.
    case failed(Reason, message: String)

    /// Why an attempt failed.
    package enum Reason: String, Sendable, CaseIterable {
        /// No connection, or it broke off.
        case connection
        case tls
        case timeout
        /// A status of 429.
        case throttled
        /// A status of 5xx, or one that nobody expects.
        case server
        /// A status of 4xx.
        case refused
        /// A file with a secret cannot be read, or one with lines cannot be written.
        case local
    }

    /// Of an answer.
    package init(status: Int, body: String) {
        switch status {
        case 200...299: self = .delivered
        case 429: self = .failed(.throttled, message: "status 429: \(body)")
        case 408: self = .failed(.timeout, message: "status 408: \(body)")
        case 400...499: self = .refused(status: status, body: body)
        default: self = .failed(.server, message: "status \(status): \(body)")
        }
    }

    /// Of an exchange that did not come to its end.
    package init(_ failure: HTTPFailure) {
        switch failure.kind {
        case .tls: self = .failed(.tls, message: failure.message)
        case .timeout, .stalled: self = .failed(.timeout, message: failure.message)
        case .cancelled, .resolve, .connect, .cut, .other: self = .failed(.connection, message: failure.message)
        }
    }
}
