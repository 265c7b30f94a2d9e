import FlowModel

/// Which of a node's vantage points counts one part of its packets.
///
/// One of them *leads*. While it is young, a preferred one takes over at once; later only one that reports at least half as many packets as the leader over
/// two minutes: what is configured to see little must not silence what sees all. One that reports four times as many takes over whatever is preferred. Where
/// the leader has been silent for a minute, the next one takes over; it itself must then show anew what it sees, so that nothing flaps.
///
/// The others are set aside, but for one that has been shown to see other packets: see `besides`.
struct PartElection: Sendable {
    /// One vantage point.
    struct Candidate: Sendable {
        let point: VantagePoint
        /// Its place in the node's list.
        let index: Int
        /// When it was last known to report.
        var heard: Timestamp
        /// Since when it has reported without being silent for long.
        var since: Timestamp
        /// Packets in this window.
        var packets: UInt64 = 0
        var pairs = PairSketch()
        var isSampled = false
        /// Whether it has been shown to see other packets than the leader.
        var isBeside = false
    }

    /// Nanoseconds without a record after which another one takes over: a minute, which is an active timeout.
    static let silence: Int64 = 60_000_000_000
    /// Nanoseconds in which a leader is young: a minute.
    static let youth: Int64 = 60_000_000_000
    /// Nanoseconds over which packets are compared: two minutes.
    static let window: Int64 = 120_000_000_000
    /// Windows over which pairs of addresses are compared.
    private static let windowsOfPairs = 5
    /// Fewer packets in a window prove nothing.
    private static let telling: UInt64 = 1000

    private(set) var candidates: [Candidate] = []
    private(set) var leader: Int?
    private var ledSince = Timestamp.unknown
    private var windowStart = Timestamp.unknown
    private var windows = 0

    /// The indexes of those that count.
    func counts(_ index: Int) -> Bool {
        guard let leader else { return true }
        return leader == index || candidates.contains { $0.index == index && $0.isBeside }
    }

    /// Takes in that a vantage point reports this part. `heard`: when the one that was alone so far was last heard, of whatever part.
    mutating func claim(_ index: Int, _ point: VantagePoint, _ preference: VantagePreference, heard: Timestamp, at now: Timestamp) {
        guard !candidates.contains(where: { $0.index == index }) else { return }
        // As long as it was alone nobody watched it.
        if candidates.count == 1 { candidates[0].heard = max(candidates[0].heard, heard) }
        candidates.append(Candidate(point: point, index: index, heard: now, since: now))
        if candidates.count == 2 { beginWindow(at: now) }
        guard let leading, !isSilent(leading, at: now) else { return lead(index, at: now) }
        if now.since(ledSince) < Self.youth, preference.prefers(point, to: leading.point) { lead(index, at: now) }
    }

    /// Takes in what a vantage point has reported.
    mutating func note(_ reported: VantageEvidence.Reported, isSampled: Bool, of index: Int, at now: Timestamp) {
        guard reported.packets > 0, let place = candidates.firstIndex(where: { $0.index == index }) else { return }
        if now.since(candidates[place].heard) >= Self.silence { candidates[place].since = now }
        candidates[place].heard = now
        candidates[place].packets &+= reported.packets
        candidates[place].pairs.merge(reported.pairs)
        if isSampled { candidates[place].isSampled = true }
    }

    mutating func forget(_ index: Int) {
        candidates.removeAll { $0.index == index }
        if leader == index { leader = nil }
    }

    /// Decides by what has been reported; to be called every few seconds.
    mutating func review(_ preference: VantagePreference, at now: Timestamp) {
        guard candidates.count > 1 else { return }
        // A clock that was set back.
        if now < windowStart {
            beginWindow(at: now)
            ledSince = min(ledSince, now)
            for place in candidates.indices { (candidates[place].heard, candidates[place].since) = (min(candidates[place].heard, now), now) }
        }
        // A leader is silent where another one has reported for so long: after a time in which nobody had anything to report, its records may come last.
        let heard = leading?.heard
        if heard.map({ now.since($0) >= Self.silence }) ?? true {
            let speaking = candidates.filter { !isSilent($0, at: now) && (heard == nil || now.since($0.since) >= Self.silence) }
            if let next = speaking.min(by: { preference.prefers($0.point, to: $1.point) }) { lead(next.index, at: now) }
        }
        guard now.since(windowStart) >= Self.window else { return }
        closeWindow(preference, at: now)
    }

    private var leading: Candidate? { leader.flatMap { leader in candidates.first { $0.index == leader } } }

    private func isSilent(_ candidate: Candidate, at now: Timestamp) -> Bool { now.since(candidate.heard) >= Self.silence }

    private mutating func lead(_ index: Int, at now: Timestamp) {
        leader = index
        ledSince = now
        for place in candidates.indices { candidates[place].isBeside = false }
        beginWindow(at: now)
    }

    private mutating func beginWindow(at now: Timestamp) {
        windowStart = now
        windows = 0
        for place in candidates.indices {
            candidates[place].packets = 0
            candidates[place].pairs = PairSketch()
            candidates[place].isSampled = false
        }
    }

    private mutating func closeWindow(_ preference: VantagePreference, at now: Timestamp) {
        guard let leading else { return }
        // Only who was there all the time can be compared.
        let others = candidates.filter { $0.index != leading.index && !$0.isBeside && $0.since <= windowStart && !isSilent($0, at: now) }
        let best = others.sorted { preference.prefers($0.point, to: $1.point) }
        let preferred = best.first { preference.prefers($0.point, to: leading.point) && $0.packets > 0 && $0.packets >= leading.packets / 2 }
        let larger = best.first { $0.packets >= Self.telling && $0.packets / 4 >= leading.packets }
        if let next = preferred ?? larger { return lead(next.index, at: now) }
        windows += 1
        if windows >= Self.windowsOfPairs {
            findBesides(leading)
            beginWindow(at: now)
        } else {
            windowStart = now
            for place in candidates.indices { candidates[place].packets = 0 }
        }
    }

    /// Who reports pairs of addresses that the leader does not report sees other packets, and counts, too. That can be told only where the leader is not
    /// sampled: then all that the other one sees of the leader's packets would be among the leader's pairs.
    private mutating func findBesides(_ leading: Candidate) {
        for place in candidates.indices where candidates[place].index != leading.index {
            guard !leading.isSampled, let overlap = candidates[place].pairs.overlap(with: leading.pairs) else { continue }
            candidates[place].isBeside = overlap < (candidates[place].isBeside ? 0.25 : 0.0625)
        }
    }
}
