import CLinuxSockets
import FlowModel
import HTTPClient
import Synchronization

/// Carries out what a `ListWatch` decides.
final class ScopeWatch: Sendable {
    private struct State {
        var machine: ListWatch
        /// What the machine waits for; what is told of anything before it is not passed on.
        var turn: UInt64 = 0
        var exchange: HTTPExchange?
        var timer: HTTPTimer?
        var isStopped = false
    }

    private let server: ClusterServer
    private let sink: any ObjectSink
    private let report: @Sendable (WatchReport) -> Void
    private let state: Mutex<State>
    private let shown: Mutex<WatchStatus>

    init(_ machine: ListWatch, server: ClusterServer, sink: any ObjectSink, report: @escaping @Sendable (WatchReport) -> Void) {
        self.server = server
        self.sink = sink
        self.report = report
        shown = Mutex(machine.status)
        state = Mutex(State(machine: machine))
    }

    /// As it was when all that it had decided was done.
    var status: WatchStatus { shown.withLock { $0 } }

    /// Begins, on the transport's thread.
    func start() {
        take(.start, turn: 0)
    }

    func stop() {
        let (exchange, timer) = state.withLock { state in
            state.isStopped = true
            return (state.exchange, state.timer)
        }
        exchange?.cancel()
        timer?.cancel()
    }

    private func take(_ input: ListWatch.Input, turn: UInt64) {
        let now = Timestamp(nanoseconds: weir_wall_time())
        let (actions, status): ([ListWatch.Action], WatchStatus?) = state.withLock { state in
            guard state.turn == turn, !state.isStopped else { return ([], nil) }
            return (state.machine.take(input, at: now), state.machine.status)
        }
        for action in actions { perform(action, at: now) }
        if let status { shown.withLock { $0 = status } }
    }

    private func perform(_ action: ListWatch.Action, at now: Timestamp) {
        switch action {
        case .apply(let changes): sink.take(changes, receivedAt: now)
        case .report(let line): report(line)
        case .cancel:
            let exchange = state.withLock { state in
                state.turn &+= 1
                return state.exchange
            }
            exchange?.cancel()
        case .request(let request):
            begin { turn in
                let exchange = server.start(request) { [weak self] input in self?.take(input, turn: turn) }
                return { $0.exchange = exchange }
            }
        case .wait(let duration):
            begin { turn in
                let timer = server.transport.after(duration) { [weak self] in self?.take(.waited, turn: turn) }
                return { $0.timer = timer }
            }
        }
    }

    /// Begins what the machine waits for from now on; not any more where it has been stopped.
    private func begin(_ body: (_ turn: UInt64) -> (inout State) -> Void) {
        state.withLock { state in
            state.turn &+= 1
            guard !state.isStopped else { return }
            // Nothing is told on this thread before it returns, and on no other.
            body(state.turn)(&state)
        }
    }
}
