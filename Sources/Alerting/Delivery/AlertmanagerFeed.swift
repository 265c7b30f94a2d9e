import FlowModel

/// What an Alertmanager is to be told next. The alerts as they are now are the truth, so nothing queues: what it has missed, it is told when it is back.
///
/// As Prometheus does it: what fires is told again every minute, what has ended for a quarter of an hour; and one that was away is told everything at once.
package struct AlertmanagerFeed: Sendable, Codable {
    /// How often the same is told again, nanoseconds.
    package static let resendInterval: Int64 = 60_000_000_000
    /// How long the end of an alert is told again, nanoseconds.
    package static let resolvedRetention: Int64 = 900_000_000_000
    /// How far ahead the end of one that fires is said to be: four times the interval, so that it outlives some failures. Nanoseconds.
    package static let horizon: Int64 = 4 * resendInterval
    /// The most alerts in a request.
    package static let largestBatch = 64

    private struct Told: Sendable, Codable {
        var at: Timestamp
        /// When its end was told first; nil while it fires.
        var endedAt: Timestamp?
        var startsAt: Timestamp
    }

    private var told: [AlertID: Told] = [:]
    private var retry = RetryWait()
    /// What is being sent. Not kept over a restart.
    private var sending: [Alert] = []
    /// What it does not know yet.
    package private(set) var untold = 0

    private enum CodingKeys: String, CodingKey {
        case told, retry
    }

    package init() {}

    /// What to send now; empty where there is nothing, or something is being sent, or it is not yet time to try again.
    ///
    /// - Parameter alerts: those that fire, and those that have ended and are remembered.
    package mutating func next(_ alerts: [Alert], at now: Timestamp) -> [Alert] {
        let due = alerts.compactMap { alert in waiting(alert, now).map { (alert, $0) } }
        untold = due.reduce(0) { $0 + ($1.1 == .unknown ? 1 : 0) }
        guard sending.isEmpty, retry.isOver(at: now), !due.isEmpty else { return [] }
        // News first, then what was told the longest time ago; the worst first.
        sending = due.sorted { left, right in
            (left.1, left.0.severity.rank, left.0.startsAt, left.0.id) < (right.1, right.0.severity.rank, right.0.startsAt, right.0.id)
        }.prefix(Self.largestBatch).map(\.0)
        return sending
    }

    /// Forgets what is no longer among the alerts.
    package mutating func forget(allBut alerts: [Alert]) {
        guard told.count > alerts.count else { return }
        let known = Set(alerts.map(\.id))
        told = told.filter { known.contains($0.key) }
    }

    /// Takes in what became of what was being sent; how many were delivered, and how many the receiver did not want.
    package mutating func finish(
        _ outcome: Outcome, at now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> (delivered: Int, refused: Int) {
        let batch = sending
        sending = []
        if case .failed = outcome {
            retry.fail(at: now, using: &random)
            return (0, 0)
        }
        if retry.failures > 0 {
            // It may have been started anew, and remembers no alerts then.
            for id in told.keys { told[id]?.at = .unknown }
            retry.succeed()
        }
        for alert in batch {
            let endedAt = alert.state == .resolved ? told[alert.id].flatMap { $0.startsAt == alert.startsAt ? $0.endedAt : nil } ?? now : nil
            told[alert.id] = Told(at: now, endedAt: endedAt, startsAt: alert.startsAt)
        }
        // What it refuses is not news any more: it is told again when it is due, and no longer than it lasts.
        return outcome == .delivered ? (batch.count, 0) : (0, batch.count)
    }

    /// Whether it was told of an alert as that is now.
    func knows(_ alert: Alert) -> Bool {
        guard let told = told[alert.id] else { return false }
        return told.startsAt == alert.startsAt && (told.endedAt != nil) == (alert.state == .resolved)
    }

    /// When an alert that is due was told last; `.unknown` for news, nil where it is not due.
    private func waiting(_ alert: Alert, _ now: Timestamp) -> Timestamp? {
        guard alert.state != .pending else { return nil }
        guard let told = told[alert.id], knows(alert) else { return .unknown }
        guard now.ends(wait: Self.resendInterval, since: told.at) else { return nil }
        if let endedAt = told.endedAt, now.ends(wait: Self.resolvedRetention, since: endedAt) { return nil }
        return told.at
    }
}
