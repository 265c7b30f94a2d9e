import CGnuTLS

/// What was found out about passwords, so that a scrape does not cost bcrypt's time again.
///
/// A password is kept only as a keyed hash (HMAC-SHA-256) under a key that this process drew. Both kinds of entry are bounded, each on its own, so that
/// a flood of wrong passwords cannot push out the right ones; the oldest leave first.
struct PasswordCache: Sendable {
    /// Stands for a user, the hash in the file, and the password that was tried.
    typealias Key = [UInt8]

    static let maximumAccepted = 256
    static let maximumRefused = 4096

    /// Empty where the system had no randomness to give; then there are no keys.
    private let secret: [UInt8]
    private var accepted = RecentKeys(limit: maximumAccepted)
    private var refused = RecentKeys(limit: maximumRefused)

    init() {
        var secret = [UInt8](repeating: 0, count: 32)
        let drawn = unsafe gnutls_rnd(GNUTLS_RND_KEY, &secret, secret.count) == 0
        self.secret = drawn ? secret : []
    }

    /// What a name alone stands for, of the same secrecy.
    func digest(of user: String) -> Key? {
        hmac(Array(user.utf8))
    }

    /// What this password of this user is remembered by; nil where GnuTLS could not say, and nobody can be let in.
    func key(_ credentials: BasicCredentials) -> Key? {
        let user = Array(credentials.user.utf8)
        let length = unsafe withUnsafeBytes(of: UInt64(user.count).littleEndian) { unsafe Array($0) }
        return hmac(length + user + credentials.password)
    }

    /// What was found out; nil where nothing is known.
    func verdict(_ key: Key) -> Bool? {
        if accepted.contains(key) { return true }
        return refused.contains(key) ? false : nil
    }

    /// Remembers what was found out.
    mutating func remember(_ key: Key, _ isRight: Bool) {
        if isRight { accepted.insert(key) } else { refused.insert(key) }
    }

    /// Forgets everything: the users have changed.
    mutating func clear() {
        accepted = RecentKeys(limit: Self.maximumAccepted)
        refused = RecentKeys(limit: Self.maximumRefused)
    }

    private func hmac(_ message: [UInt8]) -> Key? {
        guard !secret.isEmpty else { return nil }
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, secret.count, message, message.count, &digest) == 0 else { return nil }
        return digest
    }
}

/// Keys in the order in which they came, the oldest of which give way.
private struct RecentKeys {
    let limit: Int
    private var keys: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    func contains(_ key: [UInt8]) -> Bool { keys.contains(key) }

    mutating func insert(_ key: [UInt8]) {
        guard keys.insert(key).inserted else { return }
        guard order.count >= limit else {
            order.append(key)
            return
        }
        keys.remove(order[oldest])
        order[oldest] = key
        oldest = (oldest + 1) % limit
    }
}
