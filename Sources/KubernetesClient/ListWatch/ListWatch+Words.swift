import FlowModel

extension ListWatch {
    /// The bounds it keeps to; a test's are shorter.
    package struct Settings: Sendable {
        /// Objects of a list's page.
        package var pageSize = 500
        /// Pods that are kept before they are handed over, though their list is not complete.
        package var partSize = 500
        /// Seconds after which the server ends a watch, at random so that not all end together.
        package var watchSeconds: ClosedRange<Int> = 300...600
        /// A watch is silent for no longer: a server sends a bookmark about every minute.
        package var watchStall = Duration.seconds(150)
        /// A list is silent for no longer.
        package var listStall = Duration.seconds(60)
        /// The longest first wait behind a failure.
        package var firstWait = Duration.milliseconds(800)
        /// The longest wait behind any failure.
        package var longestWait = Duration.seconds(30)
        /// How often a resource that is refused is asked for again.
        package var refusedWait = Duration.seconds(60)

        package init() {}
    }

    /// What is to be asked of the server.
    package struct Request: Sendable, Equatable {
        /// The path and the query.
        package var target: String
        /// The `Accept` header.
        package var accept: String
        /// How long the answer may be silent.
        package var stallLimit: Duration
        package var isWatch: Bool
    }

    /// What has happened.
    package enum Input: Sendable {
        case start
        /// The answer begins; `retryAfter` is that header.
        case head(status: Int, retryAfter: String?)
        case octets([UInt8])
        /// The exchange is over.
        case end(End)
        /// The wait that was asked for is over.
        case waited
    }

    /// How an exchange ended.
    package enum End: Sendable, Equatable {
        /// As HTTP says that it is whole.
        case whole
        /// In the midst of the answer; why.
        case cut(String)
        /// Nothing came for longer than allowed.
        case stalled
        /// Before there was an answer; why.
        case unreachable(String)
    }

    /// What is to be done, in this order.
    package enum Action: Sendable, Equatable {
        case request(Request)
        /// To end the exchange that is going on; nothing of it is to be told any more.
        case cancel
        /// To say `.waited` after this time.
        case wait(Duration)
        case apply([ObjectChange])
        case report(WatchReport)
    }

    /// Why a list or a watch was begun again; the label of `weir_kubernetes_watch_restarts_total`.
    package enum Reason: String, Sendable, CaseIterable {
        /// A watch came to its end as it should.
        case ended
        /// The version, or the place in a list, is too old (410), or newer than the server knows.
        case expired
        /// The connection broke off.
        case cut
        /// Nothing came any more.
        case stalled
        /// No connection, or none that can be trusted.
        case unreachable
        /// The server asked for patience (429, or 503 with `Retry-After`).
        case throttled
        /// The credentials were not accepted (401).
        case unauthorized
        /// The role does not allow it (403).
        case forbidden
        /// The server does not have the resource (404).
        case missing
        /// Any other refusal, or an `ERROR` event.
        case error
        /// What came was not the JSON it should be.
        case garbage
    }
}

/// A line for Weir's log.
package struct WatchReport: Sendable, Equatable {
    package enum Severity: Sendable {
        case info
        case warning
        case error
    }

    /// What it tells of a watch.
    package enum Subject: Sendable, Equatable {
        case trouble(Scope, ListWatch.Reason)
        /// It is watched again.
        case recovery(Scope)
    }

    package var severity: Severity
    package var message: String
    /// nil: something else.
    package var subject: Subject?

    /// A line as its parts say.
    package init(severity: Severity, message: String, subject: Subject? = nil) {
        self.severity = severity
        self.message = message
        self.subject = subject
    }
}

/// How a list and watch stands.
package struct WatchStatus: Sendable, Equatable {
    package var scope: Scope
    /// Whether it has been listed whole once.
    package var isListed = false
    /// Whether a watch is open, so that what is known is what is.
    package var isCurrent = false
    /// Why it cannot be had at all, 403 or 404, and so is not waited for; nil where it can.
    package var refusal: ListWatch.Reason?
    /// Since when it is not watched though it was; nil while it is, and before.
    package var awaySince: Timestamp?
    /// What was last reported to be wrong, until all is well again.
    package var trouble: String?
    /// Objects that are there.
    package var objects = 0
    /// How often it was begun again, by reason.
    package var restarts: [ListWatch.Reason: UInt64] = [:]
    /// When a list was whole, or an event or bookmark came, last; `.unknown` before.
    package var lastEvent = Timestamp.unknown
    /// Objects that could not be read, and are left as they were known.
    package var unreadable: UInt64 = 0

    /// Nothing has been heard yet.
    package init(scope: Scope) {
        self.scope = scope
    }
}
