import FlowModel
import Foundation

/// The shells' clocks. Nothing behind a shell reads one.
enum WallClock {
    /// Now, as the system tells the time.
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    /// Nanoseconds on the clock that never steps.
    static var monotonic: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Nanoseconds of processor time that the process has used.
    static var processor: Int64 { processorTime(CLOCK_PROCESS_CPUTIME_ID) }

    /// Nanoseconds of processor time that this thread has used.
    static var threadProcessor: Int64 { processorTime(CLOCK_THREAD_CPUTIME_ID) }

    private static func processorTime(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
