/// Tells of series together that opened at once and have a source, a destination or a node in common: one cause, one notification.
///
/// A group is formed when its series open, and its labels stay while any of them is open. What opens later joins a group with its source, destination or node;
/// and a single series that opened within the last two minutes with its source or destination, whose labels then stay what they are.
struct SharedCauses: Sendable {
    /// What the members have in common.
    enum Cause: String, Sendable {
        /// One series by itself.
        case single
        case source
        case destination
        case node
        /// So much opened at once that it is one event.
        case everything
    }

    /// A series that has opened.
    struct Opening {
        var slot: Int
        var labels: [String: String]
        /// The node on which it was seen, where it was only one and is known.
        var node: String?
    }

    struct Group: Sendable {
        var cause: Cause
        var labels: [String: String]
        var opened: Int64
        var members: [Int]
        /// The first member's source and destination, for a single series.
        fileprivate var own: [Cause: [String: String]] = [:]

        init(cause: Cause, labels: [String: String], opened: Int64, members: [Int]) {
            self.cause = cause
            self.labels = labels
            self.opened = opened
            self.members = members
        }
    }

    /// Ticks for which a single series may still become several.
    private static let joining: Int64 = 8
    /// More findings than these in one tick are one event.
    private static let mostAtOnce = 10

    private(set) var groups: [Group] = []
    private var isMember: Set<Int> = []

    func contains(_ slot: Int) -> Bool { isMember.contains(slot) }

    mutating func close(_ slot: Int) {
        guard isMember.remove(slot) != nil else { return }
        for index in groups.indices { groups[index].members.removeAll { $0 == slot } }
        groups.removeAll { $0.members.isEmpty }
    }

    mutating func open(_ openings: [Opening], at tick: Int64) {
        var left: [Opening] = []
        let openGroups = groups.indices.filter { groups[$0].cause != .single || tick - groups[$0].opened <= Self.joining }
        let places = Dictionary(groups.indices.map { (groups[$0].labels, $0) }) { first, _ in first }
        for opening in openings where isMember.insert(opening.slot).inserted {
            // Labels are what tells findings apart: there are no two with the same.
            let parts = Self.parts(of: opening)
            if let place = places[opening.labels] ?? openGroups.first(where: { Self.fits(parts, groups[$0], at: tick) }) {
                groups[place].members.append(opening.slot)
            } else {
                left.append(opening)
            }
        }
        var formed: [(group: Group, openings: [Opening])] = []
        // Each group takes a look at all that is left: once they are too many, the rest does not matter.
        while formed.count <= Self.mostAtOnce, let (cause, labels, members) = Self.largest(left) {
            let chosen = Set(members)
            let openings = left.enumerated().filter { chosen.contains($0.offset) }.map(\.element)
            left = left.enumerated().filter { !chosen.contains($0.offset) }.map(\.element)
            let group = Group(
                cause: cause, labels: labels.merging(["grouped_by": cause.rawValue]) { first, _ in first }, opened: tick,
                members: openings.map(\.slot))
            formed.append((group, openings))
        }
        let isTooMany = formed.count + left.count > Self.mostAtOnce
        for opening in left where !isTooMany {
            var group = Group(cause: .single, labels: opening.labels, opened: tick, members: [opening.slot])
            for (cause, labels) in Self.parts(of: opening) where cause != .node { group.own[cause] = labels }
            formed.append((group, [opening]))
        }
        if isTooMany {
            let members = formed.flatMap(\.group.members) + left.map(\.slot)
            let labels = ["grouped_by": Cause.everything.rawValue]
            if let index = groups.firstIndex(where: { $0.cause == .everything }) {
                groups[index].members += members
            } else {
                groups.append(Group(cause: .everything, labels: labels, opened: tick, members: members))
            }
        } else {
            groups += formed.map(\.group)
        }
    }

    /// Takes `tick` for now, after a clock that was ahead.
    mutating func rewind(to tick: Int64) {
        for index in groups.indices { groups[index].opened = min(groups[index].opened, tick) }
    }

    /// Takes up a group of an earlier run.
    mutating func restore(_ group: Group) {
        if let index = groups.firstIndex(where: { $0.labels == group.labels }) {
            groups[index].members += group.members
        } else {
            groups.append(group)
        }
        isMember.formUnion(group.members)
    }

    /// Whether what an opening can have in common with others makes it one of a group that is there.
    private static func fits(_ parts: [(cause: Cause, labels: [String: String])], _ group: Group, at tick: Int64) -> Bool {
        switch group.cause {
        case .everything: tick - group.opened <= joining
        case .single: tick - group.opened <= joining && parts.contains { group.own[$0.cause] == $0.labels }
        case .source, .destination, .node:
            parts.contains { $0.cause == group.cause && $0.labels.allSatisfy { group.labels[$0.key] == $0.value } }
        }
    }

    /// The largest set of openings with something in common: two at least.
    private static func largest(_ openings: [Opening]) -> (cause: Cause, labels: [String: String], members: [Int])? {
        guard openings.count > 1 else { return nil }
        var sets: [[String]: (cause: Cause, labels: [String: String], members: [Int])] = [:]
        for (index, opening) in openings.enumerated() {
            for (cause, labels) in parts(of: opening) {
                let key = [cause.rawValue] + labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
                sets[key, default: (cause, labels, [])].members.append(index)
            }
        }
        let order: [Cause] = [.source, .destination, .node]
        return sets.filter { $0.value.members.count > 1 }.max { left, right in
            let (first, second) = (left.value, right.value)
            if first.members.count != second.members.count { return first.members.count < second.members.count }
            let (place, other) = (order.firstIndex(of: first.cause) ?? 0, order.firstIndex(of: second.cause) ?? 0)
            return place != other ? place > other : left.key.lexicographicallyPrecedes(right.key)
        }?.value
    }

    /// What an opening can have in common with others.
    private static func parts(of opening: Opening) -> [(cause: Cause, labels: [String: String])] {
        var parts: [(Cause, [String: String])] = []
        for (cause, prefix) in [(Cause.source, "source_"), (.destination, "destination_")] {
            let labels = opening.labels.filter { $0.key.hasPrefix(prefix) }
            // The outside is no cause: whatever comes from there has it in common.
            let isOutside = labels.values.allSatisfy { $0.isEmpty || $0 == "reserved:world" || $0 == "reserved:unmanaged" || $0 == "reserved:other" }
            if !labels.isEmpty, !isOutside { parts.append((cause, labels)) }
        }
        if let node = opening.node { parts.append((.node, ["node": node])) }
        return parts
    }
}
