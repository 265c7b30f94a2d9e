/// How long to wait before the next attempt: longer each time, and never the same for two that failed together.
struct Backoff: Sendable {
    /// The longest that the first wait may be.
    var first = Duration.milliseconds(800)
    /// The longest that any wait may be.
    var longest = Duration.seconds(30)

    /// Attempts that have failed since the last success.
    private(set) var failures = 0

    /// Counts a failure; the wait is drawn from the upper half of what doubles with each one.
    mutating func next(_ random: inout any RandomNumberGenerator & Sendable) -> Duration {
        // 2^20 times the first wait is beyond any longest one.
        let doubled = first * (1 << min(failures, 20))
        failures &+= 1
        return min(doubled, longest) * Double.random(in: 0.5...1, using: &random)
    }

    /// Counts a failure that is not waited for.
    mutating func count() {
        failures &+= 1
    }

    mutating func reset() {
        failures = 0
    }
}
