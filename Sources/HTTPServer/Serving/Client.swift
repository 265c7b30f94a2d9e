import Glibc
import Synchronization

/// One connection, from its acceptance until it is closed.
final class Client: Sendable {
    let descriptor: Int32
    let address: ClientAddress
    /// What holds for it; a connection that lasts keeps the TLS that it began with, while users and headers are those of each request's time.
    let door: Door?
    private let refusals: HTTPRefusals

    private struct State {
        var phase: ConnectionPhase
        var certificate: ClientCertificate?
    }

    private let state: Mutex<State>

    init(descriptor: Int32, address: ClientAddress, door: Door?, refusals: HTTPRefusals) {
        self.descriptor = descriptor
        self.address = address
        self.door = door
        self.refusals = refusals
        state = Mutex(State(phase: .header(since: .now)))
    }

    /// The certificate that it showed, and that satisfied what is configured.
    var certificate: ClientCertificate? { state.withLock(\.certificate) }

    func identify(_ certificate: ClientCertificate) {
        state.withLock { $0.certificate = certificate }
    }

    /// Counts why it is refused.
    func note(_ reason: HTTPRefusal) {
        refusals.note(reason)
    }

    // MARK: Phases

    func headersCame() {
        state.withLock { $0.phase = .body(since: .now) }
    }

    func passwordIsCompared() {
        state.withLock { $0.phase = .login }
    }

    func answerBegins() {
        let taken = traffic?.taken ?? 0
        state.withLock { $0.phase = .answer(since: .now, taken: taken) }
    }

    func answerEnded() {
        let received = traffic?.received ?? 0
        state.withLock { $0.phase = .idle(received: received) }
    }

    /// Closes it if its time is up. To be called only while it is known to be open.
    func closeIfLate(at now: ContinuousClock.Instant, _ limits: HTTPServerConfiguration) {
        guard let traffic, let reason = state.withLock({ $0.phase.check(at: now, traffic, limits) }) else { return }
        refusals.note(reason)
        // libmicrohttpd sees its end, and closes it on its own thread.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private var traffic: ConnectionPhase.Traffic? {
        // struct tcp_info of linux/tcp.h: tcpi_bytes_acked at octet 120, tcpi_bytes_received at 128; Linux 4.1 has both.
        var words = [UInt64](repeating: 0, count: 17)
        var length = socklen_t(words.count * 8)
        guard unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &words, &length) == 0, length == words.count * 8 else { return nil }
        var waiting: Int32 = 0
        guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &waiting) == 0 else { return nil }
        return ConnectionPhase.Traffic(received: words[16], taken: words[15], waiting: Int(waiting))
    }
}
