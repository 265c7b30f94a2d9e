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

    /// Whether it is one of those that are always there.
    var isPermanent: Bool { rawValue <= Self.other.rawValue }
}

/// Gives endpoint numbers to label sets, and takes a number back only after every holder has let go of it.
package final class EndpointRegistry: Sendable {
    private struct State {
        var index = LabelIndex()
        var labels: [EndpointLabels] = []
        var holders: [UInt32] = []
        /// The endpoints that others are parts of, and those parts: by protocol and port.
        var wholes: [EndpointNumber: EndpointNumber] = [:]
        var parts: [EndpointNumber: Set<EndpointNumber>] = [:]
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
        state.withLock { Self.hold(labels, in: &$0).number }
    }

    /// The number of what of the traffic towards an endpoint has further labels (protocol and port), held once more for the caller. It holds the endpoint,
    /// which somebody else must hold now.
    ///
    /// - Parameter endNames: how many values an end has before those of `flow`.
    package func hold(partOf whole: EndpointNumber, endNames: Int, flow values: [String]) -> EndpointNumber {
        state.withLock { state in
            var labels = state.labels[Int(whole.rawValue)]
            labels.more += repeatElement("", count: max(0, endNames - labels.more.count)) + values
            let (number, isNew) = Self.hold(labels, in: &state)
            if isNew {
                Self.hold(whole, in: &state)
                state.wholes[number] = whole
                state.parts[whole, default: []].insert(number)
            }
            return number
        }
    }

    /// These endpoints and all that are parts of them.
    package func withParts(_ numbers: Set<EndpointNumber>) -> Set<EndpointNumber> {
        state.withLock { state in
            state.parts.isEmpty ? numbers : numbers.union(numbers.flatMap { state.parts[$0] ?? [] })
        }
    }

    /// Holds a number that somebody else holds now.
    package func hold(_ number: EndpointNumber) {
        state.withLock { Self.hold(number, in: &$0) }
    }

    /// Lets go of a number. After the last holder's call it may stand for another label set.
    package func release(_ number: EndpointNumber) {
        state.withLock { Self.release(number, in: &$0) }
    }

    private static func hold(_ labels: EndpointLabels, in state: inout State) -> (number: EndpointNumber, isNew: Bool) {
        if let place = state.index.place(of: labels, in: state.labels) {
            state.holders[place] += 1
            return (EndpointNumber(rawValue: UInt32(place)), false)
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
        state.index.insert(Int(number.rawValue), in: state.labels)
        return (number, true)
    }

    private static func hold(_ number: EndpointNumber, in state: inout State) {
        precondition(state.holders[Int(number.rawValue)] > 0, "an endpoint that nobody holds cannot be held by its number")
        state.holders[Int(number.rawValue)] += 1
    }

    private static func release(_ number: EndpointNumber, in state: inout State) {
        let index = Int(number.rawValue)
        guard index < state.holders.count, state.holders[index] > 0 else { return }
        state.holders[index] -= 1
        guard state.holders[index] == 0 else { return }
        state.index.remove(index, in: state.labels)
        state.free.append(number.rawValue)
        state.generation += 1
        guard !state.wholes.isEmpty, let whole = state.wholes.removeValue(forKey: number) else { return }
        state.parts[whole]?.remove(number)
        if state.parts[whole]?.isEmpty == true { state.parts[whole] = nil }
        release(whole, in: &state)
    }

    /// Whether somebody holds the endpoint of these labels.
    package func isKnown(_ labels: EndpointLabels) -> Bool {
        state.withLock { $0.index.place(of: labels, in: $0.labels) != nil }
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
