import FlowModel

/// How fast a capture is sent again.
package enum ReplayPace: Sendable, Equatable {
    /// With the capture's own gaps.
    case captured
    /// Datagrams per second, evenly; not 0 or less.
    case rate(Double)
}

/// Says when each datagram of a replay is due. Times are nanoseconds of a monotonic clock.
package struct ReplayPacer {
    private let pace: ReplayPace
    /// When the current round began, in both clocks; nil before its first datagram.
    private var round: (began: Int64, captured: Timestamp)?
    private var latestDue: Int64?
    private var paced = 0

    /// A pacer that nothing was sent by yet.
    package init(_ pace: ReplayPace) {
        self.pace = pace
    }

    /// When the next datagram, captured at `captured`, is due; never before the one ahead of it. The first is due at `now`.
    package mutating func due(_ captured: Timestamp, now: Int64) -> Int64 {
        let begin = round ?? (began: latestDue ?? now, captured: captured)
        round = begin
        let offset: Int64 =
            switch pace {
            case .captured: captured.since(begin.captured)
            case .rate(let rate): Int64(exactly: (Double(paced) * 1e9 / rate).rounded()) ?? .max
            }
        paced += 1
        let (sum, overflow) = begin.began.addingReportingOverflow(offset)
        let due = max(overflow ? .max : sum, latestDue ?? .min)
        latestDue = due
        return due
    }

    /// The capture begins again: its first datagram is due when the last one was (or, at a rate, one step later).
    package mutating func startOver() {
        if case .captured = pace { round = nil }
    }
}
