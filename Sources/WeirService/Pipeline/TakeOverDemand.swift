import Dispatch
import Synchronization

/// How shards tell the owner of the totals not to wait for its second: so that many pairs at once neither take much memory nor are folded.
final class TakeOverDemand: Sendable {
    private let isRaised = Atomic(false)
    private let signal = DispatchSemaphore(value: 0)

    /// Whether a shard has counted so much that it should be taken over now.
    var isDue: Bool { isRaised.load(ordering: .relaxed) }

    /// Wakes the owner, unless somebody has.
    func raise() {
        if !isRaised.exchange(true, ordering: .relaxed) { signal.signal() }
    }

    /// What was demanded is about to be done.
    func lower() {
        isRaised.store(false, ordering: .relaxed)
    }

    /// Waits until it is raised or woken, or the time is over.
    func wait(until time: DispatchTime) {
        _ = signal.wait(timeout: time)
    }

    /// Wakes the owner without demanding anything.
    func wake() {
        signal.signal()
    }
}
