import Synchronization

/// Raised and lowered by one thread, seen by another.
final class RaisedFlag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }

    func raise() { value.store(true, ordering: .relaxed) }

    func lower() { value.store(false, ordering: .relaxed) }
}
