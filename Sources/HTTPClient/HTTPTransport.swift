import CLinuxSockets
import Dispatch
import Foundation

/// HTTP exchanges and timers on one plain thread, by libcurl's multi interface.
///
/// Everything that it calls, it calls on that thread, one thing at a time. While a handler computes, nothing is read from any connection, so TCP slows the
/// senders down, and none of them is taken for stalled meanwhile. Connections are kept and used again; only HTTP/1.1 is spoken, so that an exchange never
/// shares one with another, and giving it up gives up its connection. Proxies are those of the environment, as libcurl has them.
///
/// It works from `init` until `stop`, or until it is let go of.
package final class HTTPTransport: Sendable {
    private let mailbox: Mailbox
    private let thread = DispatchGroup()

    /// Starts the thread; its name, of 15 octets at most, is for `top -H`.
    package init(threadName: String) {
        let multi = MultiHandle()
        let mailbox = Mailbox(multi)
        self.mailbox = mailbox
        thread.enter()
        Thread.detachNewThread { [thread] in
            unsafe weir_prepare_thread(threadName)
            mailbox.open()
            TransportLoop(mailbox, multi).run()
            thread.leave()
        }
    }

    deinit {
        _ = mailbox.stop()
    }

    /// Starts an exchange.
    ///
    /// - Parameter handler: told what happens, on the transport's thread; once the transport has stopped, a failure at once on another one.
    @discardableResult
    package func start(_ request: ClientRequest, _ handler: @escaping @Sendable (HTTPEvent) -> Void) -> HTTPExchange {
        let exchange = HTTPExchange(mailbox)
        if !mailbox.post(.start(exchange, request, handler)) {
            DispatchQueue.global().async { handler(.end(.cancelled)) }
        }
        return exchange
    }

    /// Runs `body` on the transport's thread, behind what was asked for before; not once `stop` has been called.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        _ = mailbox.post(.perform(body))
    }

    /// Runs `body` on the transport's thread when `delay` has passed; not once `stop` has been called.
    @discardableResult
    package func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) -> HTTPTimer {
        let timer = HTTPTimer(mailbox)
        _ = mailbox.post(.wait(timer, until: weir_monotonic_time().advanced(byClamped: delay), body))
        return timer
    }

    /// Does what was asked for before, ends all exchanges with `.cancelled`, drops all timers, and returns when the thread has ended. It blocks until then, but
    /// for a call on the transport's own thread, which ends when what called it returns. May be called again.
    package func stop() {
        if mailbox.stop() { thread.wait() }
    }
}

/// A request and its answer, on their way.
package final class HTTPExchange: Sendable {
    private let mailbox: Mailbox
    private let flag = Flag()

    init(_ mailbox: Mailbox) {
        self.mailbox = mailbox
    }

    var isCancelled: Bool { flag.isSet }

    /// Gives it up, from any thread. What its handler is told from now on is its end; on another thread than the transport's, a call that has begun goes on.
    package func cancel() {
        if flag.set() { _ = mailbox.post(.cancel(self)) }
    }
}

/// Something that is to be done later.
package final class HTTPTimer: Sendable {
    private let mailbox: Mailbox
    private let flag = Flag()

    init(_ mailbox: Mailbox) {
        self.mailbox = mailbox
    }

    var isCancelled: Bool { flag.isSet }

    /// Lets it be, from any thread; on another thread than the transport's, it may have begun.
    package func cancel() {
        if flag.set() { _ = mailbox.post(.forget(self)) }
    }
}

extension HTTPFailure {
    static let cancelled = HTTPFailure(kind: .cancelled, message: "cancelled")
}

extension Int64 {
    /// Nanoseconds `duration` after these.
    func advanced(byClamped duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (nanoseconds, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLate) = addingReportingOverflow(nanoseconds &+ attoseconds / 1_000_000_000)
        return isTooLong || isTooLate ? (seconds < 0 ? .min : .max) : sum
    }
}
