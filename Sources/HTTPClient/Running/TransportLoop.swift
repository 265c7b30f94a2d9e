import CCurl
import CLinuxSockets

/// What the transport's thread does.
final class TransportLoop {
    private enum Alarm: Equatable {
        case timer(ObjectIdentifier)
        case stall(ObjectIdentifier)
        case total(ObjectIdentifier)
    }

    private let mailbox: Mailbox
    private let multi: MultiHandle
    private var running: [ObjectIdentifier: RunningExchange] = [:]
    private var timers = TimerQueue<Alarm, () -> Void>()
    private var files = MemoryFiles()

    init(_ mailbox: Mailbox, _ multi: MultiHandle) {
        self.mailbox = mailbox
        self.multi = multi
    }

    /// Returns when the mailbox is told to stop, and all exchanges have ended.
    func run() {
        while true {
            let (letters, isStopping) = mailbox.take()
            for letter in letters { open(letter) }
            if isStopping { break }
            // Before reading, not behind it: what has arrived until then is taken in before anybody is said to be late, however long a handler took.
            let now = weir_monotonic_time()
            multi.perform()
            while let (exchange, code) = multi.nextEnded() { finish(exchange, exchange.outcome(code)) }
            while let body = timers.popDue(at: now) { body() }
            multi.wait(until: timers.next)
        }
        for exchange in Array(running.values) { finish(exchange, .cancelled) }
        // Whoever starts another one when told of an end.
        for case .start(_, _, let handler) in mailbox.close() { handler(.end(.cancelled)) }
    }

    private func open(_ letter: Mailbox.Letter) {
        switch letter {
        case .start(let exchange, let request, let handler):
            start(exchange, request, handler)
        case .cancel(let exchange):
            if let running = running[ObjectIdentifier(exchange)] { finish(running, .cancelled) }
        case .perform(let body):
            body()
        case .wait(let timer, let due, let body):
            timers.add({ if !timer.isCancelled { body() } }, for: .timer(ObjectIdentifier(timer)), at: due)
        case .forget(let timer):
            timers.remove(.timer(ObjectIdentifier(timer)))
        }
    }

    // MARK: Exchanges

    private func start(_ exchange: HTTPExchange, _ request: ClientRequest, _ handler: @escaping (HTTPEvent) -> Void) {
        guard !exchange.isCancelled else { return handler(.end(.cancelled)) }
        let now = weir_monotonic_time()
        let made: RunningExchange
        do throws(HTTPFailure) {
            made = try RunningExchange(exchange, request, handler, &files, now: now)
            try multi.add(made.easy)
        } catch {
            return handler(.end(error))
        }
        running[made.id] = made
        if let limit = request.totalTimeout {
            timers.add(
                { [unowned self] in fail(made.id, .timeout, "not done within \(limit)") }, for: .total(made.id), at: now.advanced(byClamped: limit))
        }
        if let limit = request.stallLimit { watch(made.id, limit, until: now.advanced(byClamped: limit)) }
    }

    /// Looks at the time whether something has come since `limit` before.
    private func watch(_ id: ObjectIdentifier, _ limit: Duration, until due: Int64) {
        let check = { [unowned self] in
            guard let exchange = running[id] else { return }
            // Until the connection stands, its own limit holds.
            let next = (exchange.lastSign ?? weir_monotonic_time()).advanced(byClamped: limit)
            if next > due {
                watch(id, limit, until: next)
            } else {
                fail(id, .stalled, "nothing came for \(limit)")
            }
        }
        timers.add(check, for: .stall(id), at: due)
    }

    private func fail(_ id: ObjectIdentifier, _ kind: HTTPFailure.Kind, _ message: String) {
        guard let exchange = running[id] else { return }
        finish(exchange, HTTPFailure(kind: kind, message: "\(exchange.target.name): \(message)"))
    }

    private func finish(_ exchange: RunningExchange, _ failure: HTTPFailure?) {
        running[exchange.id] = nil
        timers.remove(.total(exchange.id))
        timers.remove(.stall(exchange.id))
        multi.remove(exchange.easy)
        for file in exchange.files { file.lastUse = weir_monotonic_time() }
        exchange.handler(.end(failure))
    }
}
