import Dispatch
import Foundation
import Synchronization

/// Compares passwords with bcrypt, on a thread of its own, so that no request waits for another's password.
///
/// What a stranger can make it do is bounded: one password is compared at a time, so many wait at most, and after each wrong one it rests for
/// three times as long as that took, so that guessing takes a quarter of one core at most. Who is known does not come here: the cache answers.
final class PasswordVerifier: Sendable {
    /// What came out.
    enum Verdict: Sendable {
        case right
        case wrong
        /// Too many passwords wait.
        case busy
    }

    /// Passwords that wait at most, and those of one address.
    static let maximumWaiting = 32
    static let maximumWaitingOfAddress = 4

    private struct Job: Sendable {
        var key: PasswordCache.Key
        var credentials: BasicCredentials
        var hash: BcryptHash
        /// Whether a match lets in: not where nobody has this name.
        var counts: Bool
        var address: ClientAddress
        /// Which users it is compared with: those of before are not remembered.
        var generation: Int
        var done: [@Sendable (Verdict) -> Void]
    }

    private struct State: Sendable {
        var cache = PasswordCache()
        var users = Users([:])
        var generation = 0
        var jobs: [Job] = []
        /// The one that is compared now.
        var current: Job?
        var isStopping = false
        var hasThread = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Sets who is known; passwords that were remembered are forgotten where that is somebody else than before.
    func use(_ users: Users) {
        state.withLock { state in
            guard state.users != users else { return }
            state.users = users
            state.generation += 1
            state.cache.clear()
        }
    }

    /// What is known about a password without comparing it; nil where it must be compared.
    func knownVerdict(_ credentials: BasicCredentials) -> Verdict? {
        state.withLock { state in
            guard let key = state.cache.key(credentials) else { return .wrong }
            return state.cache.verdict(key).map { $0 ? .right : .wrong }
        }
    }

    /// Compares a password and calls `done` once, here or on the verifier's thread.
    func verify(_ credentials: BasicCredentials, from address: ClientAddress, done: @escaping @Sendable (Verdict) -> Void) {
        let verdict: Verdict? = state.withLock { state in
            guard !state.isStopping else { return .busy }
            guard let key = state.cache.key(credentials), let digest = state.cache.digest(of: credentials.user),
                let (hash, counts) = state.users.hash(for: credentials.user, digest: digest)
            else { return .wrong }
            if let known = state.cache.verdict(key) { return known ? .right : .wrong }
            // Whoever asks for the same at the same time waits for the same answer.
            if state.current?.key == key, state.current?.generation == state.generation {
                state.current?.done.append(done)
                return nil
            }
            if let index = state.jobs.firstIndex(where: { $0.key == key && $0.generation == state.generation }) {
                state.jobs[index].done.append(done)
                return nil
            }
            guard state.jobs.count < Self.maximumWaiting,
                state.jobs.count(where: { $0.address == address }) < Self.maximumWaitingOfAddress
            else { return .busy }
            state.jobs.append(
                Job(key: key, credentials: credentials, hash: hash, counts: counts, address: address, generation: state.generation, done: [done]))
            if !state.hasThread {
                state.hasThread = true
                startThread()
            }
            return nil
        }
        if let verdict { done(verdict) } else { wake.signal() }
    }

    /// Lets go of all that wait, and compares nothing any more; returns when the last comparison has ended. Blocks.
    func stop() {
        let (waiting, hasThread) = state.withLock { state in
            defer { state.jobs = [] }
            let hadThread = state.hasThread && !state.isStopping
            state.isStopping = true
            return (state.jobs, hadThread)
        }
        for job in waiting { for done in job.done { done(.busy) } }
        guard hasThread else { return }
        wake.signal()
        ended.wait()
    }

    // MARK: The thread

    private func startThread() {
        let thread = Thread { [self] in
            while !state.withLock({ $0.isStopping }) {
                guard let job = next() else {
                    wake.wait()
                    continue
                }
                let start = ContinuousClock.now
                let isRight = job.hash.matches(job.credentials.password) && job.counts
                finish(job, isRight)
                if !isRight { rest(for: (ContinuousClock.now - start) * 3) }
            }
            ended.signal()
        }
        thread.name = "weir-passwords"
        thread.start()
    }

    private func next() -> Job? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            state.current = state.jobs.removeFirst()
            return state.current
        }
    }

    private func finish(_ job: Job, _ isRight: Bool) {
        let waiting = state.withLock { state in
            defer { state.current = nil }
            // Users that were replaced meanwhile let nobody in.
            let holds = job.generation == state.generation
            if holds { state.cache.remember(job.key, isRight) }
            return (state.current?.done ?? [], holds)
        }
        let verdict: Verdict = !waiting.1 ? .busy : isRight ? .right : .wrong
        for done in waiting.0 { done(verdict) }
    }

    private func rest(for duration: Duration) {
        let until = ContinuousClock.now + duration
        while !state.withLock({ $0.isStopping }) {
            let left = until - ContinuousClock.now
            guard left > .zero else { return }
            _ = wake.wait(
                timeout: .now()
                    + .nanoseconds(
                        Int(clamping: left.components.attoseconds / 1_000_000_000) + Int(clamping: left.components.seconds) * 1_000_000_000))
        }
    }
}
