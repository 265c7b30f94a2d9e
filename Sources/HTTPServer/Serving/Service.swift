import Dispatch
import Synchronization

/// What all connections of a server share.
final class Service: Sendable {
    private struct Load {
        var exchanges = 0
        var isStopping = false
    }

    let configuration: HTTPServerConfiguration
    let handler: HTTPHandler
    private let load = Mutex(Load())
    private let drained = DispatchSemaphore(value: 0)

    init(configuration: HTTPServerConfiguration, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// Whether connections are to be closed after the answer that is on its way.
    var isStopping: Bool { load.withLock(\.isStopping) }

    func exchangeBegan() {
        load.withLock { $0.exchanges += 1 }
    }

    func exchangeEnded() {
        let wasLast = load.withLock { load in
            load.exchanges -= 1
            return load.isStopping && load.exchanges == 0
        }
        if wasLast { drained.signal() }
    }

    /// Waits until no request is being read or answered, at most for `limit`. Blocks.
    func drain(within limit: Duration) {
        let isIdle = load.withLock { load in
            load.isStopping = true
            return load.exchanges == 0
        }
        guard !isIdle else { return }
        let (seconds, attoseconds) = limit.components
        let nanoseconds = Int(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let wait = nanoseconds.overflow ? Int.max : nanoseconds.partialValue &+ Int(attoseconds / 1_000_000_000)
        _ = drained.wait(timeout: .now() + .nanoseconds(wait))
    }
}
