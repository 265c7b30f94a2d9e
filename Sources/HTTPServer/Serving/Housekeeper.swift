import Dispatch
import Foundation
import Synchronization

/// A thread that does something every so often, until it is stopped.
final class Housekeeper: Sendable {
    private let isStopped = Mutex(false)
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(every interval: DispatchTimeInterval, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [wake, ended] in
            while wake.wait(timeout: .now() + interval) == .timedOut { body() }
            ended.signal()
        }
        thread.name = "weir-http"
        thread.start()
    }

    /// Returns when it has ended; may be called again. Blocks.
    func stop() {
        isStopped.withLock { isStopped in
            guard !isStopped else { return }
            isStopped = true
            wake.signal()
            ended.wait()
        }
    }
}
