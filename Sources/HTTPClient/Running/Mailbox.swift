import Glibc
import Synchronization

/// What other threads ask of the transport's, in the order asked.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case start(HTTPExchange, ClientRequest, @Sendable (HTTPEvent) -> Void)
        case cancel(HTTPExchange)
        case perform(@Sendable () -> Void)
        /// Until a time of the monotonic clock, in nanoseconds.
        case wait(HTTPTimer, until: Int64, @Sendable () -> Void)
        case forget(HTTPTimer)
    }

    private struct State {
        var letters: [Letter] = []
        var isStopping = false
        var thread: pthread_t?
        /// What is woken when there is something to read; nil once nobody reads any more.
        var multi: MultiHandle?
    }

    private let state: Mutex<State>

    /// - Parameter multi: what the reading thread waits with.
    init(_ multi: MultiHandle) {
        state = Mutex(State(multi: multi))
    }

    /// False where nobody will read it.
    func post(_ letter: Letter) -> Bool {
        state.withLock { state in
            guard let multi = state.multi else { return false }
            state.letters.append(letter)
            if state.letters.count == 1 { multi.wake() }
            return true
        }
    }

    /// Asks the thread to end; whether the caller is another one, that may wait for it.
    func stop() -> Bool {
        state.withLock { state in
            state.isStopping = true
            state.multi?.wake()
            return state.thread.map { pthread_equal($0, pthread_self()) == 0 } ?? true
        }
    }

    /// Makes the calling thread the one that reads, until `close`.
    func open() {
        state.withLock { $0.thread = pthread_self() }
    }

    /// All that has come, and whether nothing is to be done after it.
    func take() -> (letters: [Letter], isStopping: Bool) {
        state.withLock { state in
            defer { state.letters = [] }
            return (state.letters, state.isStopping)
        }
    }

    /// Takes nothing from now on; what has come before.
    func close() -> [Letter] {
        state.withLock { state in
            defer { state.letters = [] }
            state.multi = nil
            state.thread = nil
            return state.letters
        }
    }
}
