import Foundation

/// Waits for signals on the calling thread. To be made before any other thread, so that all of them have these signals blocked.
struct SignalWaiter: Sendable {
    private let signals: [Int32]

    /// Blocks `signals` for this thread and those it starts, and ignores SIGPIPE, which a client that goes away would raise. What
    /// became of programs is kept, whoever started this one with SIGCHLD ignored.
    init(_ signals: [Int32]) {
        self.signals = signals
        signal(SIGPIPE, SIG_IGN)
        signal(SIGCHLD, SIG_DFL)
        var set = Self.set(signals)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// The next of the signals.
    func wait() -> Int32 {
        var set = Self.set(signals)
        var received: Int32 = 0
        while unsafe sigwait(&set, &received) != 0 {}
        return received
    }

    /// Wakes the thread that waits, as if by Ctrl-C.
    func interrupt() {
        kill(getpid(), SIGINT)
    }

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}

/// Runs something asynchronous to its end from a plain thread.
enum Blocking {
    static func run(_ body: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await body()
            done.signal()
        }
        done.wait()
    }
}
