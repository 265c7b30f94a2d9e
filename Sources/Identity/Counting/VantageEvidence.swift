import FlowModel

/// What a vantage point has reported since it was last asked; gathered only where a node has several.
package struct VantageEvidence: Sendable {
    /// Of one part.
    package struct Reported: Sendable {
        /// Packets, estimated where they are sampled.
        package private(set) var packets: UInt64 = 0
        /// Of which addresses.
        package private(set) var pairs = PairSketch()

        mutating func add(_ other: Reported) {
            packets &+= other.packets
            pairs.merge(other.pairs)
        }

        @inline(__always)
        mutating func note(_ flow: borrowing Flow) {
            // A record is a sign of life, also where it counts nothing.
            packets &+= max(flow.packets, 1)
            pairs.insert(flow.source, flow.destination)
        }
    }

    package private(set) var home = Reported()
    package private(set) var homeless = Reported()
    /// Whether any of it was sampled: then not all that there was can be in it.
    package private(set) var isSampled = false

    /// Nothing.
    package init() {}

    package var isEmpty: Bool { home.packets | homeless.packets == 0 }

    /// Takes in a record of one part.
    @inline(__always)
    package mutating func note(_ flow: borrowing Flow, _ part: Vantage.Part) {
        if part == .home { home.note(flow) } else if part == .homeless { homeless.note(flow) }
        if flow.samplingRate > 1 { isSampled = true }
    }

    /// Takes in what another session of the same vantage point has reported.
    package mutating func add(_ other: VantageEvidence) {
        home.add(other.home)
        homeless.add(other.homeless)
        if other.isSampled { isSampled = true }
    }

    subscript(part: Vantage.Part) -> Reported { part == .home ? home : homeless }
}
