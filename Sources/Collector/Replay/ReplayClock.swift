import CLinuxSockets

/// A monotonic clock and a way to wait for it, in nanoseconds; replaced in tests.
package struct ReplayClock {
    /// The time since some fixed moment.
    package var now: () -> Int64
    /// Blocks the thread until then.
    package var wait: (_ until: Int64) -> Void

    package init(now: @escaping () -> Int64, wait: @escaping (_ until: Int64) -> Void) {
        self.now = now
        self.wait = wait
    }

    /// The system's.
    package static var system: ReplayClock { ReplayClock(now: weir_monotonic_time, wait: weir_wait_until) }
}
