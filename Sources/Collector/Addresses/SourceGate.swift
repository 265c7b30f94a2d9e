import Synchronization

/// The source filter in force, replaced as a whole at any time. A receive thread keeps a copy and asks once a batch whether it is still the one.
final class SourceGate: Sendable {
    private let filter: Mutex<SourceFilter>
    private let generation = Atomic<UInt64>(0)
    /// Sources that were refused.
    let refused = RefusedSources()

    init(_ filter: SourceFilter) {
        self.filter = Mutex(filter)
    }

    /// The filter in force, and the number it is known by.
    var current: (SourceFilter, UInt64) {
        filter.withLock { ($0, generation.load(ordering: .relaxed)) }
    }

    /// Puts another filter in force.
    func replace(with new: SourceFilter) {
        filter.withLock {
            $0 = new
            generation.wrappingAdd(1, ordering: .releasing)
        }
    }

    /// Brings a thread's copy up to date.
    func refresh(_ copy: inout SourceFilter, _ number: inout UInt64) {
        if generation.load(ordering: .acquiring) != number { (copy, number) = current }
    }
}
