import FlowModel

/// When the next attempt is due: later after each failure, and never at the same time for two that failed together.
package struct RetryWait: Sendable, Codable, Equatable {
    /// The longest that the first wait may be, nanoseconds.
    static let first: Int64 = 2_000_000_000
    /// The longest that any wait may be, nanoseconds.
    static let longest: Int64 = 60_000_000_000

    /// Attempts that have failed since the last that went well.
    package private(set) var failures = 0
    /// When the wait began, and how long it is.
    private var since = Timestamp.unknown
    private var wait: Int64 = 0

    package init() {}

    /// Whether an attempt may be made.
    package func isOver(at now: Timestamp) -> Bool {
        failures == 0 || now.ends(wait: wait, since: since)
    }

    /// Counts a failure; the wait is drawn from the upper half of what doubles with each one.
    package mutating func fail(at now: Timestamp, using random: inout some RandomNumberGenerator) {
        let doubled = min(Self.first << Int64(min(failures, 10)), Self.longest)
        failures = min(failures &+ 1, 1_000_000)
        since = now
        wait = Int64.random(in: (doubled / 2)...doubled, using: &random)
    }

    /// An attempt went well.
    package mutating func succeed() {
        failures = 0
        wait = 0
    }
}
