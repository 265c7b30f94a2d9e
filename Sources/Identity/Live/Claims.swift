import FlowModel

/// What an object says of an address (or of an address and port): that it is an endpoint's, for some time.
struct Claim: Sendable, Equatable {
    /// Who is believed where two claim an address: a pod's own address, a node's, what pods tell of their nodes', a Service's, then a pod's further networks.
    enum Rank: UInt8, Sendable, Comparable {
        case pod, node, toldNode, service, furtherNetwork

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    var entry: EndpointEntry
    var rank: Rank
    /// The object's number in the table.
    var object: UInt64
    /// From when on it may have owned the address.
    var since: Timestamp
    /// When it owned it at the latest: a predecessor may have had it until then.
    var known: Timestamp
    /// `.distantFuture` while it claims it.
    var until = Timestamp.distantFuture
    /// Decides between claims of the same time, in whichever order they came.
    var tie: UInt64
}

/// The claims to addresses (or to addresses and ports), present ones and those that ended within the grace period.
struct Claims<Key: Hashable & Sendable>: Sendable {
    private var claims: [Key: [Claim]] = [:]
    /// Keys whose claims have changed since they were last asked for.
    private var changed: Set<Key> = []
    // Keys to look at when the time has come, in order of the time.
    private var due: [(at: Timestamp, key: Key)] = []
    private var firstDue = 0
    private let grace: Int64
    /// Of one key so many claims that have ended are remembered: who changes an object to and fro makes a new one each time.
    private static var mostEnded: Int { 32 }

    init(grace: Int64) {
        self.grace = grace
    }

    /// The claims to `key`.
    subscript(key: Key) -> [Claim] { claims[key] ?? [] }

    /// Whether nobody claims `key`, or has lately.
    func isUnclaimed(_ key: Key) -> Bool { claims[key] == nil }

    /// Adds a claim that begins now, as far as the table knows.
    mutating func add(_ claim: Claim, to key: Key, at now: Timestamp) {
        claims[key, default: []].append(claim)
        changed.insert(key)
        // A young claim has to be looked up by time until it is old.
        if claim.known > now.advanced(by: -grace) { remind(key, now) }
    }

    /// Changes the entry of an object's present claims; whether it has one.
    mutating func update(_ entry: EndpointEntry, of object: UInt64, for key: Key) -> [EndpointEntry] {
        var replaced: [EndpointEntry] = []
        for index in (claims[key] ?? []).indices {
            guard let claim = claims[key]?[index], claim.object == object, claim.until == .distantFuture, claim.entry != entry else { continue }
            replaced.append(claim.entry)
            claims[key]?[index].entry = entry
            changed.insert(key)
        }
        return replaced
    }

    /// Ends an object's present claims; they are remembered for the grace period. The entries of those before that are forgotten for it, being too many.
    mutating func end(_ object: UInt64, for key: Key, at now: Timestamp) -> [EndpointEntry] {
        for index in (claims[key] ?? []).indices where claims[key]?[index].object == object && claims[key]?[index].until == .distantFuture {
            claims[key]?[index].until = now
            changed.insert(key)
            remind(key, now)
        }
        return forgetExcess(of: key)
    }

    /// The oldest go first.
    private mutating func forgetExcess(of key: Key) -> [EndpointEntry] {
        guard var list = claims[key], list.count > Self.mostEnded else { return [] }
        var forgotten: [EndpointEntry] = []
        var excess = list.count { $0.until != .distantFuture } - Self.mostEnded
        while excess > 0, let oldest = list.indices.filter({ list[$0].until != .distantFuture }).min(by: { list[$0].until < list[$1].until }) {
            forgotten.append(list.remove(at: oldest).entry)
            excess -= 1
        }
        if !forgotten.isEmpty { claims[key] = list }
        return forgotten
    }

    private mutating func remind(_ key: Key, _ now: Timestamp) {
        due.append((now.advanced(by: grace), key))
    }

    /// Forgets claims that ended before the grace period; the entries of these.
    mutating func expire(at now: Timestamp) -> [EndpointEntry] {
        var forgotten: [EndpointEntry] = []
        while firstDue < due.count, due[firstDue].at <= now {
            let key = due[firstDue].key
            firstDue += 1
            guard var list = claims[key] else { continue }
            changed.insert(key)
            let isOver = { (claim: Claim) in claim.until != .distantFuture && claim.until.advanced(by: grace) <= now }
            guard list.contains(where: isOver) else { continue }
            forgotten += list.filter(isOver).map(\.entry)
            list.removeAll(where: isOver)
            claims[key] = list.isEmpty ? nil : list
        }
        if firstDue > 1024, firstDue * 2 > due.count {
            due.removeFirst(firstDue)
            firstDue = 0
        }
        return forgotten
    }

    /// The keys whose claims have changed since the last call.
    mutating func takeChanged() -> Set<Key> {
        defer { changed = [] }
        return changed
    }

    /// Says that what is made of the claims to `key` has to be made anew.
    mutating func touch(_ key: Key) { changed.insert(key) }

    var hasChanged: Bool { !changed.isEmpty }

    /// Entries of all claims.
    var isEmpty: Bool { claims.isEmpty }
}

extension AddressHistory {
    /// Who owned an address when, by its claims. `isExact`: whether claims are believed when they say since when they hold; else the first owner has been it for ever.
    init(_ claims: [Claim], isExact: Bool) {
        guard claims.count > 1 else {
            ownerships = claims.map { Ownership(from: isExact ? $0.since : .unknown, until: $0.until, entry: $0.entry, rank: $0.rank) }
            return
        }
        let sorted = claims.sorted { ($0.rank, $0.since, $0.known, $0.tie, $0.until) < ($1.rank, $1.since, $1.known, $1.tie, $1.until) }
        var first = 0
        while first < sorted.count {
            let end = sorted[first...].firstIndex { $0.rank != sorted[first].rank } ?? sorted.count
            // The later ones first: they have taken over from those before.
            ownerships += Self.ownerships(of: sorted[first..<end], isExact: isExact).reversed()
            first = end
        }
    }

    /// Of claims of one rank, in the order of their beginnings: a claim begins when it can have begun, but not while its predecessor had the address still.
    private static func ownerships(of claims: ArraySlice<Claim>, isExact: Bool) -> [Ownership] {
        var ownerships: [Ownership] = []
        var predecessorsEnd: Timestamp?
        for claim in claims {
            var from = claim.since
            if let predecessorsEnd {
                from = max(from, min(predecessorsEnd, claim.known))
            } else if !isExact {
                from = .unknown
            }
            predecessorsEnd = max(predecessorsEnd ?? claim.until, claim.until)
            if from < claim.until { ownerships.append(Ownership(from: from, until: claim.until, entry: claim.entry, rank: claim.rank)) }
        }
        return ownerships
    }

    /// The owner for all the time that is remembered, from `horizon` on; nil where that is not one.
    func soleOwner(since horizon: Timestamp) -> EndpointEntry? {
        guard let first = ownerships.first, first.until == .distantFuture, first.from == .unknown || first.from <= horizon else { return nil }
        return owner
    }
}
