/// Makes one report of what several watches say of the same outage: the API server is away for all of them at once.
package struct OutageReports: Sendable {
    /// How many watches there are.
    private let watches: Int
    /// What has been reported of the outage that goes on.
    private var said: Set<ListWatch.Reason> = []
    /// Whom it concerns still, and who is over it.
    private var out: Set<Scope> = []
    private var back: [Scope] = []

    /// Reports of so many watches.
    package init(watches: Int) {
        self.watches = watches
    }

    /// What is to be told of a watch's report; nil: nothing more than has been.
    package mutating func take(_ report: WatchReport) -> WatchReport? {
        switch report.subject {
        case .trouble(let scope, let reason) where reason.concernsAll:
            out.insert(scope)
            guard said.insert(reason).inserted else { return nil }
            var report = report
            if watches > 1 { report.message += " (this is said once, whatever else is watched)" }
            return report
        case .recovery(let scope):
            guard out.remove(scope) != nil else { return report }
            back.append(scope)
            guard out.isEmpty else { return nil }
            defer { end() }
            guard back.count > 1 else { return report }
            let names = Set(back.map(\.resource.rawValue)).sorted().joined(separator: ", ")
            return WatchReport(severity: report.severity, message: "\(names): watched again", subject: report.subject)
        case .trouble(let scope, _):
            // The server answers again, though not with what was asked for.
            if out.remove(scope) != nil, out.isEmpty { end() }
            return report
        case nil:
            return report
        }
    }

    private mutating func end() {
        said = []
        back = []
    }
}

extension ListWatch.Reason {
    /// Whether it is the server's, or the way to it, and not the resource's.
    fileprivate var concernsAll: Bool {
        switch self {
        case .cut, .stalled, .unreachable, .throttled, .unauthorized: true
        case .ended, .expired, .forbidden, .missing, .error, .garbage: false
        }
    }
}
