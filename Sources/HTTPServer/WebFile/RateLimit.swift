import Synchronization

/// Lets through a request every so often, and some more after a while without any: a token bucket.
final class RateLimit: Sendable {
    /// Requests at once at most, at least 1.
    let burst: Int
    /// The time after which one more may come.
    let interval: Duration

    private struct State {
        var tokens: Double
        var last: ContinuousClock.Instant
    }

    private let state: Mutex<State>

    init(burst: Int, interval: Duration, now: ContinuousClock.Instant) {
        self.burst = burst
        self.interval = interval
        state = Mutex(State(tokens: Double(burst), last: now))
    }

    /// Whether a request may come through now; if so, it is counted.
    func admit(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            state.tokens = min(Double(burst), state.tokens + (now - state.last) / interval)
            state.last = now
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
