import Synchronization

/// The endpoint numbers that a table holds, and which of its snapshots live: what is held is let go of with the table and its last snapshot, or when it
/// is surrendered.
final class EndpointHolds: Sendable {
    private struct State {
        var held: Set<EndpointNumber> = []
        /// Sequence numbers of the snapshots that live, ascending.
        var living: [UInt64] = []
    }

    let registry: EndpointRegistry
    private let state = Mutex(State())

    init(registry: EndpointRegistry) {
        self.registry = registry
    }

    deinit {
        for number in numbers { registry.release(number) }
    }

    /// Numbers that are held.
    var numbers: Set<EndpointNumber> { state.withLock { $0.held } }

    /// The number of a label set, held once, however often it is asked for.
    func hold(_ labels: EndpointLabels) -> EndpointNumber {
        let number = registry.hold(labels)
        if !state.withLock({ $0.held.insert(number).inserted }) { registry.release(number) }
        return number
    }

    /// Gives numbers away: who gets them releases them.
    func surrender(_ numbers: [EndpointNumber]) {
        state.withLock { $0.held.subtract(numbers) }
    }

    /// A snapshot lives; sequence numbers ascend.
    func begin(_ sequence: UInt64) {
        state.withLock { $0.living.append(sequence) }
    }

    /// A snapshot is no more.
    func end(_ sequence: UInt64) {
        state.withLock { state in
            if let index = state.living.firstIndex(of: sequence) { state.living.remove(at: index) }
        }
    }

    /// The oldest snapshot that lives.
    var oldest: UInt64? { state.withLock { $0.living.first } }
}

/// Endpoints that no table names any more, held until this is let go of: time to take their pairs out.
package final class GoneEndpoints: Sendable {
    package let numbers: Set<EndpointNumber>
    private let registry: EndpointRegistry

    /// Takes over a hold of each.
    init(_ numbers: Set<EndpointNumber>, registry: EndpointRegistry) {
        self.numbers = numbers
        self.registry = registry
    }

    deinit {
        for number in numbers { registry.release(number) }
    }
}
