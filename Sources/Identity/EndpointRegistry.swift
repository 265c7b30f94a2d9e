import FlowModel
import Synchronization

/// Stands for an exposed label set: what one end of a flow is called. Not for an address, nor for a pod's uid (DESIGN.md, "The hot path").
public struct EndpointNumber: Hashable, Sendable, BitwiseCopyable {
    /// An index, dense from 0.
    public let rawValue: UInt32

    /// The endpoint with this index.
    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `reserved:world`, which is always there.
    public static let world = EndpointNumber(rawValue: 0)
    /// `reserved:unmanaged`, which is always there.
    public static let unmanaged = EndpointNumber(rawValue: 1)
    /// What is folded of all namespaces: `reserved:other` in both labels; always there.
    public static let other = EndpointNumber(rawValue: 2)
}

/// The labels of one end as they are exposed.
package struct EndpointLabels: Hashable, Sendable {
    /// The `…_namespace` label: a namespace, or one of the reserved names of DESIGN.md.
    package var namespace: String
    /// The `…_pod` label; empty for the ends that have none.
    package var pod: String

    package init(namespace: String, pod: String) {
        self.namespace = namespace
        self.pod = pod
    }

    /// What the pods of `namespace` are folded into.
    package static func folded(namespace: String) -> EndpointLabels {
        EndpointLabels(namespace: namespace, pod: "reserved:other")
    }
}

/// Gives endpoint numbers to label sets, and takes a number back only after every holder has let go of it.
package final class EndpointRegistry: Sendable {
    private struct State {
        var numbers: [EndpointLabels: EndpointNumber] = [:]
        var labels: [EndpointLabels] = []
        var holders: [UInt32] = []
        var free: [UInt32] = []
        var generation: UInt64 = 0
    }

    private let state: Mutex<State>

    /// A registry that knows the three endpoints that are always there.
    package init() {
        state = Mutex(State())
        for labels in [
            EndpointLabels(namespace: "reserved:world", pod: ""), EndpointLabels(namespace: "reserved:unmanaged", pod: ""),
            EndpointLabels(namespace: "reserved:other", pod: "reserved:other"),
        ] {
            _ = hold(labels)
        }
    }

    /// The number of a label set, held once more for the caller, who lets go of it with `release`.
    package func hold(_ labels: EndpointLabels) -> EndpointNumber {
        state.withLock { state in
            if let number = state.numbers[labels] {
                state.holders[Int(number.rawValue)] += 1
                return number
            }
            state.generation += 1
            let number: EndpointNumber
            if let reused = state.free.popLast() {
                number = EndpointNumber(rawValue: reused)
                state.labels[Int(reused)] = labels
                state.holders[Int(reused)] = 1
            } else {
                number = EndpointNumber(rawValue: UInt32(state.labels.count))
                state.labels.append(labels)
                state.holders.append(1)
            }
            state.numbers[labels] = number
            return number
        }
    }

    /// Holds a number that somebody else holds now.
    package func hold(_ number: EndpointNumber) {
        state.withLock { state in
            precondition(state.holders[Int(number.rawValue)] > 0, "an endpoint that nobody holds cannot be held by its number")
            state.holders[Int(number.rawValue)] += 1
        }
    }

    /// Lets go of a number. After the last holder's call it may stand for another label set.
    package func release(_ number: EndpointNumber) {
        state.withLock { state in
            let index = Int(number.rawValue)
            guard index < state.holders.count, state.holders[index] > 0 else { return }
            state.holders[index] -= 1
            if state.holders[index] == 0 {
                state.numbers[state.labels[index]] = nil
                state.free.append(number.rawValue)
                state.generation += 1
            }
        }
    }

    /// Whether somebody holds the endpoint of these labels.
    package func isKnown(_ labels: EndpointLabels) -> Bool {
        state.withLock { $0.numbers[labels] != nil }
    }

    /// The labels that a held number stands for.
    package func labels(of number: EndpointNumber) -> EndpointLabels {
        state.withLock { $0.labels[Int(number.rawValue)] }
    }

    /// All labels by number, and a count that grows with each change: for those who keep texts made of them.
    package func snapshot() -> (labels: [EndpointLabels], generation: UInt64) {
        state.withLock { ($0.labels, $0.generation) }
    }
}
