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
    let clients = ClientTable()
    let verifier = PasswordVerifier()
    let refusals: HTTPRefusals
    private let webFile: WebFile?
    private let emptyDoor = Door()
    private let load = Mutex(Load())
    private let drained = DispatchSemaphore(value: 0)

    init(configuration: HTTPServerConfiguration, webFile: WebFile?, refusals: HTTPRefusals, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        self.webFile = webFile
        self.refusals = refusals
        self.handler = handler
        verifier.use(door.users)
    }

    /// Who is let in now, and how.
    var door: Door { webFile?.door ?? emptyDoor }

    /// Reads the web configuration again where it has changed; nil where it has not.
    func refreshDoor() -> WebFile.Change? {
        let change = webFile?.refresh()
        if case .takenUp = change { verifier.use(door.users) }
        return change
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
