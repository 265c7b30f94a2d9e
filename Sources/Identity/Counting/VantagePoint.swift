import FlowModel

/// A place from which a node's packets are seen: a protocol that an exporter speaks, in some observation domains.
///
/// What one transport session brings is one vantage point, whatever its domains: nobody exports a packet twice in one session, but for the two views of a
/// bridge. A session in one of these domains (after a restart of the exporter, say) is the same vantage point.
package struct VantagePoint: Sendable, Hashable {
    package var exportProtocol: ExportProtocol
    /// The address its records come from.
    package var exporter: IPAddress

    package init(exportProtocol: ExportProtocol, exporter: IPAddress) {
        self.exportProtocol = exportProtocol
        self.exporter = exporter
    }
}

/// Which of a node's vantage points goes before which. Keys: `collector.protocol_preference`, `exporters[].preference`.
package struct VantagePreference: Sendable, Equatable {
    /// Ranks by protocol, 0 the best.
    private var ranks: [ExportProtocol: Int]
    private var exporters: [IPAddress: Int]

    /// `protocols`: the best first. `exporters`: those with a preference of their own; the larger one goes first, before any protocol.
    package init(protocols: [ExportProtocol] = [.ipfix, .netflow9, .netflow5, .sflow5], exporters: [IPAddress: Int] = [:]) {
        ranks = Dictionary(protocols.enumerated().map { ($1, $0) }) { first, _ in first }
        self.exporters = exporters
    }

    /// Whether `left` goes before `right`; neither goes before itself or its like.
    package func prefers(_ left: VantagePoint, to right: VantagePoint) -> Bool { rank(left) < rank(right) }

    private func rank(_ point: VantagePoint) -> (Int, Int) { (-(exporters[point.exporter] ?? 0), ranks[point.exportProtocol] ?? ranks.count) }
}

/// What stands for a vantage point in a session.
package struct VantageNumber: Sendable, Hashable, BitwiseCopyable {
    /// The place among `VantageRoles` in the lower half, how often it was given anew in the upper one.
    let rawValue: UInt32

    init(place: UInt16, turn: UInt16) {
        rawValue = UInt32(turn) << 16 | UInt32(place)
    }

    var place: Int { Int(rawValue & 0xFFFF) }
    var turn: UInt16 { UInt16(rawValue >> 16) }

    /// Of a session that has none.
    package static let none = VantageNumber(place: 0, turn: 0)
    /// Of those of a node that has as many as it may have: it counts nothing.
    package static let surplus = VantageNumber(place: 1, turn: 0)
    /// Of those for which there is no number: it counts all.
    static let unnumbered = VantageNumber(place: 2, turn: 0)
}

/// What the vantage points count at present: read by every shard at the start of a batch.
package struct VantageRoles: Sendable, Equatable {
    /// What one vantage point counts.
    package struct Role: Sendable, Equatable, BitwiseCopyable {
        /// Parts that it counts.
        package var counts: Vantage.Part
        /// Parts that it is known to report.
        package var claimed: Vantage.Part
        /// Whether its node has others, so that it has to show what it reports.
        package var isWatched: Bool
        var turn: UInt16
    }

    /// The first ones are those of `none`, which is no turn of anybody's, `surplus` and `unnumbered`.
    private var roles: [Role] = [
        Role(counts: .all, claimed: [], isWatched: false, turn: .max), Role(counts: [], claimed: .all, isWatched: false, turn: 0),
        Role(counts: .all, claimed: .all, isWatched: false, turn: 0),
    ]

    /// Of no vantage point.
    package init() {}

    /// The role of a vantage point; nil where it has to make itself known, for the first time or again.
    @inline(__always)
    package subscript(number: VantageNumber) -> Role? {
        guard number.place < roles.count else { return nil }
        let role = roles[number.place]
        return role.turn == number.turn ? role : nil
    }

    /// Places that are taken from the start.
    static let reserved = 3

    mutating func set(_ role: Role, at place: Int) {
        if place == roles.count { roles.append(role) } else if place < roles.count { roles[place] = role }
    }
}
