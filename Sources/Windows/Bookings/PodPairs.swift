import FlowModel
import Identity

/// What each pair of endpoints said lately, by port and by minute: what an alert shows as its evidence.
struct PodPairs: Sendable {
    /// Minutes that are kept: as long as a tick may wait to be judged by default, and those before it to compare with.
    static let minutes = 16
    /// Ports that are told apart for a pair, at most; the rest is one.
    private static let portsOfPair = 8

    /// Traffic of a pair towards one port, or that port's answers.
    struct Talk: Sendable {
        var pair: Int32
        /// The next one of the same pair; -1: none.
        var next: Int32 = -1
        var protocolNumber: UInt8
        /// The service's port; 0 where there is none.
        var port: UInt16
        /// Whether it is the service's answers.
        var isReply: Bool
        /// Whether it stands for all the ports there was no room for.
        var isRest = false
        /// The edge that it is part of; -1: not known yet.
        var edge: Int32 = -1
        /// By minute, modulo `minutes`; the last one is `minute`.
        var bytes = InlineArray<16, Float>(repeating: 0)
        var packets = InlineArray<16, Float>(repeating: 0)
        var minute: Int64

        mutating func add(_ volume: Volume, in minute: Int64) {
            if minute > self.minute {
                let skipped = min(minute - self.minute, Int64(PodPairs.minutes))
                for step in 0..<skipped {
                    let place = Int((minute - step) % Int64(PodPairs.minutes))
                    bytes[place] = 0
                    packets[place] = 0
                }
                self.minute = minute
            }
            guard minute > self.minute - Int64(PodPairs.minutes), minute >= 0 else { return }
            let place = Int(minute % Int64(PodPairs.minutes))
            bytes[place] += Float(volume.bytes)
            packets[place] += Float(volume.packets)
        }

        /// Bytes and packets of minutes, as far as they are kept.
        func amounts(in minutes: ClosedRange<Int64>) -> (bytes: Double, packets: Double) {
            let first = max(minutes.lowerBound, minute - Int64(PodPairs.minutes) + 1, 0)
            let last = min(minutes.upperBound, minute)
            guard first <= last else { return (0, 0) }
            return (first...last).reduce((0, 0)) { sum, minute in
                let place = Int(minute % Int64(PodPairs.minutes))
                return (sum.0 + Double(bytes[place]), sum.1 + Double(packets[place]))
            }
        }
    }

    struct Pair: Sendable {
        var ends: PairOfEnds
        var series: Int32
        /// The talk that was added to last; -1: none yet.
        var talk: Int32 = -1
        var talks: Int32 = 0
        /// The tick of its last booking.
        var seen: Int64
    }

    let limit: Int
    private(set) var pairs: [Pair] = []
    private(set) var talks: [Talk] = []
    private var freeTalks: [Int32] = []
    /// The first talk of each pair.
    private var firstTalk: [Int32] = []
    /// Places of pairs plus one, by hash; 0 is empty. At most half of it is used.
    private var slots = [Int32](repeating: 0, count: 1 << 10)
    private let seed: UInt64
    private var lastEnds = PairOfEnds.none
    private var lastPair: Int32 = -1

    init(limit: Int, seed: UInt64) {
        self.limit = limit
        self.seed = seed
    }

    /// The pair's place; nil where it is not known.
    mutating func find(_ ends: PairOfEnds) -> Int? {
        if ends == lastEnds { return Int(lastPair) }
        let slot = slot(of: ends)
        guard slots[slot] != 0 else { return nil }
        (lastEnds, lastPair) = (ends, slots[slot] - 1)
        return Int(lastPair)
    }

    /// The slot that leads to a pair, or that it would get.
    private func slot(of ends: PairOfEnds) -> Int {
        let product = (ends.key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while slots[slot] != 0, pairs[Int(slots[slot]) - 1].ends != ends { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func rebuild(slotCount: Int) {
        slots = [Int32](repeating: 0, count: slotCount)
        for place in pairs.indices { slots[slot(of: pairs[place].ends)] = Int32(place) + 1 }
    }

    /// A new pair's place; nil where there is no room.
    mutating func add(_ ends: PairOfEnds, series: Int, tick: Int64) -> Int? {
        guard pairs.count < limit else { return nil }
        let place = pairs.count
        pairs.append(Pair(ends: ends, series: Int32(series), seen: tick))
        firstTalk.append(-1)
        if 2 * pairs.count > slots.count { rebuild(slotCount: 2 * slots.count) } else { slots[slot(of: ends)] = Int32(place) + 1 }
        return place
    }

    /// The talk of a pair that a flow is part of, where it is the one of before or known: by either of the flow's ports.
    func knownTalk(of pair: Int, _ booking: borrowing Booking) -> Int? {
        let last = pairs[pair].talk
        if last >= 0, matches(Int(last), booking) { return Int(last) }
        var talk = firstTalk[pair]
        while talk >= 0 {
            if matches(Int(talk), booking) { return Int(talk) }
            talk = talks[Int(talk)].next
        }
        return nil
    }

    private func matches(_ talk: Int, _ booking: borrowing Booking) -> Bool {
        guard talks[talk].protocolNumber == booking.protocolNumber, !talks[talk].isRest, talks[talk].port != 0 else { return false }
        return talks[talk].port == (talks[talk].isReply ? booking.sourcePort : booking.destinationPort)
    }

    /// The talk of a pair about a port, opened where it is new; that of the rest where it has too many.
    mutating func talk(of pair: Int, protocolNumber: UInt8, port: UInt16, isReply: Bool, minute: Int64) -> Int {
        var talk = firstTalk[pair]
        var rest: Int?
        while talk >= 0 {
            let place = Int(talk)
            if talks[place].isRest {
                rest = place
            } else if talks[place].protocolNumber == protocolNumber, talks[place].port == port, talks[place].isReply == isReply {
                return place
            }
            talk = talks[place].next
        }
        if let rest { return rest }
        let isRest = pairs[pair].talks >= Self.portsOfPair - 1
        let new = Talk(
            pair: Int32(pair), next: firstTalk[pair], protocolNumber: protocolNumber, port: isRest ? 0 : port, isReply: isReply, isRest: isRest,
            minute: minute)
        let place: Int
        if let free = freeTalks.popLast() {
            place = Int(free)
            talks[place] = new
        } else {
            place = talks.count
            talks.append(new)
        }
        firstTalk[pair] = Int32(place)
        pairs[pair].talks += 1
        return place
    }

    /// Adds to a talk of a pair what was said in a minute.
    mutating func add(_ volume: Volume, to talk: Int, of pair: Int, minute: Int64, tick: Int64) {
        pairs[pair].talk = Int32(talk)
        pairs[pair].seen = tick
        talks[talk].add(volume, in: minute)
    }

    mutating func setEdge(_ edge: Int, of talk: Int) {
        talks[talk].edge = Int32(edge)
    }

    /// Takes pairs out that `isGone` says of; others take their places. Whether there were any.
    mutating func removeAll(where isGone: (Pair) -> Bool) -> Bool {
        let before = pairs.count
        var place = 0
        while place < pairs.count {
            guard isGone(pairs[place]) else {
                place += 1
                continue
            }
            var talk = firstTalk[place]
            while talk >= 0 {
                freeTalks.append(talk)
                let next = talks[Int(talk)].next
                talks[Int(talk)].pair = -1
                talk = next
            }
            let last = pairs.count - 1
            if place < last {
                pairs[place] = pairs[last]
                firstTalk[place] = firstTalk[last]
                var moved = firstTalk[place]
                while moved >= 0 {
                    talks[Int(moved)].pair = Int32(place)
                    moved = talks[Int(moved)].next
                }
            }
            pairs.removeLast()
            firstTalk.removeLast()
        }
        lastEnds = .none
        if pairs.count < before { rebuild(slotCount: slots.count) }
        return pairs.count < before
    }

    /// Forgets which edges talks are part of, since edges have moved.
    mutating func forgetEdges() {
        for place in talks.indices { talks[place].edge = -1 }
    }
}
