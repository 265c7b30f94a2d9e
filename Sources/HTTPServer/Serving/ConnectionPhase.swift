/// What a connection is busy with, and for how long it may be.
///
/// libmicrohttpd closes connections that are silent. These deadlines hold for those that are not: a client that sends its headers one octet at a time, or
/// reads so.
enum ConnectionPhase: Equatable {
    typealias Instant = ContinuousClock.Instant

    /// Its first request has not come, or a later one's headers are coming.
    case header(since: Instant)
    /// Between requests; `received` octets had come when it began to be so.
    case idle(received: UInt64)
    /// A request's headers are there, its body is coming.
    case body(since: Instant)
    /// A password is being compared.
    case login
    /// An answer is on its way; `taken` octets had been taken by the client at some time.
    case answer(since: Instant, taken: UInt64)

    /// What the kernel knows of a connection.
    struct Traffic {
        /// Octets that came from the client in all.
        var received: UInt64
        /// Octets that the client has acknowledged in all.
        var taken: UInt64
        /// Octets that wait for the client to take them.
        var waiting: Int
    }

    /// Looks whether time is up; the reason, where it is.
    mutating func check(at now: Instant, _ traffic: Traffic, _ limits: HTTPServerConfiguration) -> HTTPRefusal? {
        switch self {
        case .header(let since): return now - since >= limits.headerTimeout ? .slowHeader : nil
        case .idle(let received):
            if traffic.received != received { self = .header(since: now) }
            return nil
        case .body(let since): return now - since >= limits.bodyTimeout ? .slowBody : nil
        case .login: return nil
        case .answer(let since, let taken):
            let isSlow = now - since >= limits.readWindow
            // Whoever has taken all that there was, is waiting for us.
            if traffic.waiting == 0 || traffic.taken &- taken >= limits.minimumRead {
                self = .answer(since: now, taken: traffic.taken)
                return nil
            }
            return isSlow ? .slowReader : nil
        }
    }
}
