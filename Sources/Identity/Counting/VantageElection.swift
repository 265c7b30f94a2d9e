import FlowModel

/// Which vantage point of each node counts: one for the packets that have their home there, and one for those without a home (`PartElection` says how they
/// are chosen). Known to all shards by `roles`.
///
/// A state machine without clock and locks. A node has 16 vantage points at most; what is beyond them is set aside.
package struct VantageElection: Sendable {
    /// Vantage points of a node, at most.
    package static let limitOfNode = 16
    /// Vantage points of all nodes, at most; what is beyond them counts.
    private static let limit = 60_000
    /// Nanoseconds of silence after which a vantage point makes room for another one: ten minutes.
    private static let memory: Int64 = 600_000_000_000

    private struct Member: Sendable {
        let point: VantagePoint
        var domains: [UInt32]
        let number: VantageNumber
        var claimed: Vantage.Part = []
        /// When it was last heard, or made itself known.
        var heard: Timestamp
    }

    private struct Node: Sendable {
        /// By index; nil where one has left.
        var members: [Member?] = []
        var home = PartElection()
        var homeless = PartElection()
        /// When the one that reports a part alone was last heard.
        func heard(_ part: PartElection) -> Timestamp { part.candidates.first.flatMap { members[$0.index]?.heard } ?? .unknown }

        var isWatched: Bool { home.candidates.count > 1 || homeless.candidates.count > 1 }
    }

    private var preference: VantagePreference
    private var nodes: [String: Node] = [:]
    /// Whose a number is, by its place.
    private var owners: [(node: String, index: Int)?] = Array(repeating: nil, count: VantageRoles.reserved)
    private var turns: [UInt16] = Array(repeating: 0, count: VantageRoles.reserved)
    private var vacant: [Int] = []
    private var cleaned = Timestamp.unknown
    /// What the vantage points count at present.
    package private(set) var roles = VantageRoles()

    package init(preference: VantagePreference = VantagePreference()) {
        self.preference = preference
    }

    /// Goes by other preferences from the next window on.
    package mutating func prefer(_ preference: VantagePreference) { self.preference = preference }

    /// Takes in that a session reports these parts of a node's packets; gives the number of its vantage point.
    ///
    /// - Parameters:
    ///   - domains: those that the session has spoken in.
    ///   - number: what the session had before.
    package mutating func claim(
        _ parts: Vantage.Part, of node: String, by point: VantagePoint, domains: [UInt32], number: VantageNumber, at now: Timestamp
    ) -> VantageNumber {
        var entry = nodes[node] ?? Node()
        guard let index = member(of: &entry, node, point, domains, number, at: now) else { return .surplus }
        guard var member = entry.members[index] else { return .unnumbered }
        for domain in domains where member.domains.count < 64 && !member.domains.contains(domain) { member.domains.append(domain) }
        member.claimed.formUnion(parts)
        member.heard = max(member.heard, now)
        entry.members[index] = member
        if parts.contains(.home) { entry.home.claim(index, point, preference, heard: entry.heard(entry.home), at: now) }
        if parts.contains(.homeless) { entry.homeless.claim(index, point, preference, heard: entry.heard(entry.homeless), at: now) }
        nodes[node] = entry
        assign(entry)
        return member.number
    }

    /// Takes in what the watched ones have reported since the last call, and decides. `heard`: when each was last heard, watched or not.
    package mutating func review(_ evidence: [VantageNumber: VantageEvidence], heard: [VantageNumber: Timestamp] = [:], at now: Timestamp) {
        for (number, heard) in heard {
            guard number.place < owners.count, turns[number.place] == number.turn, let (node, index) = owners[number.place] else { continue }
            nodes[node]?.members[index]?.heard = heard
        }
        var watched = Set<String>()
        for (number, evidence) in evidence {
            guard number.place < owners.count, turns[number.place] == number.turn, let (node, index) = owners[number.place] else { continue }
            nodes[node]?.home.note(evidence.home, isSampled: evidence.isSampled, of: index, at: now)
            nodes[node]?.homeless.note(evidence.homeless, isSampled: evidence.isSampled, of: index, at: now)
            watched.insert(node)
        }
        // Where nobody reports anything there is nothing to decide.
        for node in watched {
            guard var entry = nodes[node] else { continue }
            entry.home.review(preference, at: now)
            entry.homeless.review(preference, at: now)
            nodes[node] = entry
            assign(entry)
        }
    }

    /// Forgets the nodes that are not there any more, every ten minutes.
    package mutating func clean(at now: Timestamp, where isThere: (String) -> Bool) {
        guard now.ends(wait: Self.memory, since: cleaned) else { return }
        cleaned = now
        for (node, entry) in nodes where !isThere(node) {
            for case let member? in entry.members { vacate(member.number) }
            nodes[node] = nil
        }
    }

    /// The index of the vantage point that a session belongs to, made where there is none.
    private mutating func member(
        of entry: inout Node, _ node: String, _ point: VantagePoint, _ domains: [UInt32], _ number: VantageNumber, at now: Timestamp
    ) -> Int? {
        func isIt(_ member: Member?) -> Bool {
            guard let member, member.point == point else { return false }
            return member.number == number || member.domains.contains(where: domains.contains)
        }
        if let known = entry.members.firstIndex(where: { $0?.number == number && isIt($0) }) ?? entry.members.firstIndex(where: isIt) { return known }
        if entry.members.count - entry.members.count(where: { $0 == nil }) >= Self.limitOfNode {
            let silent = entry.members.indices.filter { entry.members[$0].map { now.since($0.heard) >= Self.memory } ?? false }
            guard let oldest = silent.min(by: { (entry.members[$0]?.heard ?? now) < (entry.members[$1]?.heard ?? now) }) else { return nil }
            if let member = entry.members[oldest] { vacate(member.number) }
            entry.members[oldest] = nil
            entry.home.forget(oldest)
            entry.homeless.forget(oldest)
        }
        let index = entry.members.firstIndex { $0 == nil } ?? entry.members.count
        let member = newNumber(for: (node, index)).map { Member(point: point, domains: [], number: $0, heard: now) }
        if index == entry.members.count { entry.members.append(member) } else { entry.members[index] = member }
        return index
    }

    private mutating func newNumber(for owner: (node: String, index: Int)) -> VantageNumber? {
        let place = vacant.popLast() ?? owners.count
        guard let short = UInt16(exactly: place), place < Self.limit else { return nil }
        if place == owners.count {
            owners.append(owner)
            turns.append(0)
        } else {
            owners[place] = owner
        }
        return VantageNumber(place: short, turn: turns[place])
    }

    private mutating func vacate(_ number: VantageNumber) {
        let place = number.place
        owners[place] = nil
        turns[place] &+= 1
        roles.set(VantageRoles.Role(counts: [], claimed: [], isWatched: false, turn: turns[place]), at: place)
        vacant.append(place)
    }

    /// Writes down what the vantage points of a node count.
    private mutating func assign(_ entry: Node) {
        for (index, member) in entry.members.enumerated() {
            guard let member else { continue }
            var counts: Vantage.Part = []
            if entry.home.counts(index) { counts.insert(.home) }
            if entry.homeless.counts(index) { counts.insert(.homeless) }
            let role = VantageRoles.Role(counts: counts, claimed: member.claimed, isWatched: entry.isWatched, turn: member.number.turn)
            if roles[member.number] != role { roles.set(role, at: member.number.place) }
        }
    }
}
