import FlowModel
import Identity

/// A receive thread's flows since the owner last took them, for `Windows` to book: those of a kind summed up, and the few that reach back further than that, or that tell of
/// drops, each by itself.
///
/// Kinds stay when it is emptied, with what the owner found out about them, so that a conversation that goes on costs no more than its addition.
package struct BookingBuffer: Sendable {
    /// Kinds it holds at most.
    package static let capacity = 1 << 17
    /// Flows that are kept by themselves, at most; what comes beyond is not judged, and counted.
    package static let singles = 1 << 18
    /// From so many flows that are kept by themselves on the owner should not wait for its second.
    package static let plenty = 1 << 16
    /// Kinds leave after so many ticks: an hour.
    private static let memory: Int64 = 240
    /// Ticks before the one in which it began that sums reach back to.
    private static let reach = Int64(TickStrip.ticks) - 1

    /// Leads to the sum of a kind.
    private struct Slot: BitwiseCopyable {
        /// By `FlowKinds`.
        var kind: UInt64 = 0
        /// One more than the place of its sum; 0: empty.
        var place: UInt32 = 0
    }

    /// What flows of a kind add up to.
    private(set) var sums: [TickStrip] = []
    /// The first flow of each kind since it was emptied.
    private(set) var firsts: [Booking] = []
    /// The talk of each kind, once the owner has found it; -1 before.
    var talks: [Int32] = []
    /// The kinds of which there were flows since it was emptied.
    private(set) var touched: [UInt32] = []
    /// Sums that were full, whose kinds have others now; and places that may be used again.
    private var full: [UInt32] = []
    private var free: [UInt32] = []
    /// By hash; at most three quarters of it are used, since what fits into a cache matters more than a second look.
    private var slots = [Slot](repeating: Slot(), count: 1 << 10)
    private let seed: UInt64
    private let flowKinds: FlowKinds
    /// Of the owner's tables when it found what it found.
    private var generation: UInt64 = 0
    /// The first tick of the strips; nil: nothing is in it.
    private(set) var oldest: Int64?
    /// The tick of what came last, and that since which kinds are kept.
    private var latest: Int64 = 0
    private var since: Int64?
    /// Flows that are booked by themselves.
    private(set) var single: [Booking] = []
    private(set) var delays: [ReportDelays] = []
    /// Places of delays plus one, by exporter; 0: it has none.
    private var delayPlaces: [UInt32] = []
    /// Flows there was no room for.
    private(set) var refused: UInt64 = 0
    // Of the batch that is being added.
    private var found: [UInt32] = []
    private var kinds: [UInt64] = []

    /// - Parameter seed: what the hash of kinds, which come from outside, is mixed with.
    package init(seed: UInt64) {
        self.seed = seed
        flowKinds = FlowKinds(seed: seed)
    }

    /// Whether the owner should take it now. What comes after the last tick of the sums would be kept by itself.
    package var hasPlenty: Bool { hasManyKinds || single.count >= Self.plenty || latest > (oldest ?? latest) + Self.reach }

    private var hasManyKinds: Bool { sums.count >= Self.capacity / 4 * 3 }

    /// Flows as counted, of one exporter.
    private struct Origin {
        var exporter: ExporterNumber
        var isSampled: Bool
        /// Nanoseconds since 1970 at which the strips begin.
        var start: Int64
        var now: Timestamp
    }

    /// Keeps flows as counted, each between the ends at its place in `ends`.
    ///
    /// - Parameters:
    ///   - isSampled: whether the exporter looks at some packets only, though its records don't say so.
    ///   - now: when they came.
    package mutating func add(_ flows: [Flow], _ ends: [PairOfEnds], exporter: ExporterNumber, isSampled: Bool, now: Timestamp) {
        latest = Windows.tick(of: now)
        let oldest = self.oldest ?? max(0, latest - Self.reach)
        self.oldest = oldest
        since = since ?? oldest
        let origin = Origin(exporter: exporter, isSampled: isSampled, start: oldest * ClosedTick.nanoseconds, now: now)
        let delays = place(of: exporter)
        if found.count < flows.count {
            found = [UInt32](repeating: 0, count: flows.count)
            kinds = [UInt64](repeating: 0, count: flows.count)
        }
        Self.find(flows, ends, origin, flowKinds, in: slots, sums, to: &found, &kinds)
        var first = 0
        // A kind that is new is given a place, and the rest goes on in memory that nobody moves.
        while true {
            first = Self.addKnown(flows, ends, from: first, origin, to: found, &sums, &self.delays[delays])
            guard first < flows.count else { break }
            addNew(flows[first], ends[first], origin)
            first += 1
        }
    }

    /// Finds the sums of flows, one more than their places; 0 where they have none, or nothing in it yet.
    ///
    /// In loops of their own, so that one look-up need not wait for the memory of the one before.
    private static func find(
        _ flows: [Flow], _ ends: [PairOfEnds], _ origin: Origin, _ flowKinds: FlowKinds, in slots: [Slot], _ sums: [TickStrip],
        to found: inout [UInt32], _ kinds: inout [UInt64]
    ) {
        let mask = slots.count - 1
        let sums = sums.span
        let slots = slots.span
        let flows = flows.span
        let ends = ends.span
        var found = found.mutableSpan
        var kinds = kinds.mutableSpan
        for position in flows.indices {
            kinds[position] = flowKinds.number(of: flows[position], ends[position], exporter: origin.exporter, isSampled: origin.isSampled)
        }
        for position in flows.indices {
            let kind = kinds[position]
            var slot = Int(truncatingIfNeeded: kind) & mask
            while slots[slot].kind != kind, slots[slot].place != 0 { slot = (slot + 1) & mask }
            found[position] = slots[slot].place
        }
        for position in flows.indices where found[position] != 0 && sums[Int(found[position]) - 1].isEmpty { found[position] = 0 }
    }

    /// Adds up flows; the place of the first one that is the first of its kind, or finds no room in its sum.
    private static func addKnown(
        _ flows: [Flow], _ ends: [PairOfEnds], from first: Int, _ origin: Origin, to found: [UInt32], _ sums: inout [TickStrip],
        _ delays: inout ReportDelays
    ) -> Int {
        let flows = flows.span
        let ends = ends.span
        let found = found.span
        var sums = sums.mutableSpan
        for position in first..<flows.count where ends[position] != .none {
            let sum = Int(found[position]) - 1
            guard sum >= 0, flows[position].dropReason == .none else { return position }
            let end = flows[position].end.nanoseconds &- origin.start
            let duration = Booking.duration(flows[position])
            let isAdded = sums[sum].add(bytes: flows[position].bytes, packets: flows[position].packets, end: end, duration: duration)
            guard isAdded else { return position }
            delays.add(flows[position].bytes, after: max(0, origin.now.since(flows[position].end)) &+ duration)
        }
        return flows.count
    }

    /// Adds a flow that had no sum when those of its batch were looked for, or must be kept by itself.
    private mutating func addNew(_ flow: Flow, _ ends: PairOfEnds, _ origin: Origin) {
        let booking = Booking(flow, ends, exporter: origin.exporter, isSampled: origin.isSampled)
        let duration = Booking.duration(flow)
        if !add(flow, booking, origin, duration) {
            guard single.count < Self.singles else { return refused &+= 1 }
            single.append(booking)
        }
        let place = place(of: origin.exporter)
        delays[place].add(flow.bytes, after: max(0, origin.now.since(flow.end)) &+ duration)
        if flow.exportProtocol == .sflow5 { delays[place].isPacketwise = true }
    }

    /// Adds a flow to its kind's sum, which is opened where there is none; false where it must be kept by itself.
    private mutating func add(_ flow: Flow, _ booking: Booking, _ origin: Origin, _ duration: Int64) -> Bool {
        guard flow.dropReason == .none, !booking.facts.contains(.isDiscard) else { return false }
        let slot = slot(of: flowKinds.number(of: flow, booking.pair, exporter: origin.exporter, isSampled: origin.isSampled))
        let end = flow.end.nanoseconds &- origin.start
        if slots[slot].place != 0 {
            let place = Int(slots[slot].place) - 1
            let isFirst = sums[place].isEmpty
            if sums[place].add(bytes: flow.bytes, packets: flow.packets, end: end, duration: duration) {
                guard isFirst else { return true }
                touched.append(UInt32(place))
                firsts[place] = booking
                return true
            }
        }
        // Where a sum is full, another one begins.
        var sum = TickStrip()
        guard sums.count < Self.capacity, sum.add(bytes: flow.bytes, packets: flow.packets, end: end, duration: duration) else { return false }
        if slots[slot].place != 0 { full.append(slots[slot].place - 1) }
        slots[slot].place = open(sum, booking) + 1
        if 4 * sums.count > 3 * slots.count { grow() }
        return true
    }

    /// The place of a sum with its first flow in it.
    private mutating func open(_ sum: TickStrip, _ booking: Booking) -> UInt32 {
        let place = free.popLast() ?? UInt32(sums.count)
        if Int(place) == sums.count {
            sums.append(sum)
            firsts.append(booking)
            talks.append(-1)
        } else {
            sums[Int(place)] = sum
            firsts[Int(place)] = booking
            talks[Int(place)] = -1
        }
        touched.append(place)
        return place
    }

    /// The slot of a kind, which is given to it where it had none.
    private mutating func slot(of kind: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: kind) & mask
        while slots[slot].kind != kind, slots[slot].place != 0 { slot = (slot + 1) & mask }
        slots[slot].kind = kind
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: 2 * old.count)
        for entry in old where entry.place != 0 { slots[slot(of: entry.kind)].place = entry.place }
    }

    private mutating func place(of exporter: ExporterNumber) -> Int {
        let number = Int(exporter.rawValue)
        while delayPlaces.count <= number { delayPlaces.append(0) }
        if delayPlaces[number] == 0 {
            delays.append(ReportDelays(of: exporter))
            delayPlaces[number] = UInt32(delays.count)
        }
        return Int(delayPlaces[number]) - 1
    }

    /// Lets go of what the owner found out, if its tables have changed since.
    mutating func hold(_ generation: UInt64) {
        guard generation != self.generation else { return }
        self.generation = generation
        for place in talks.indices { talks[place] = -1 }
    }

    /// Empties it. Kinds stay, unless there are many, for an hour.
    package mutating func removeAll() {
        guard !hasManyKinds, latest - (since ?? latest) < Self.memory else {
            self = BookingBuffer(seed: seed)
            return
        }
        for sum in touched { sums[Int(sum)] = TickStrip() }
        touched.removeAll(keepingCapacity: true)
        free += full
        full.removeAll(keepingCapacity: true)
        single.removeAll(keepingCapacity: single.capacity <= 2 * Self.plenty)
        for entry in delays { delayPlaces[Int(entry.exporter.rawValue)] = 0 }
        delays.removeAll(keepingCapacity: true)
        oldest = nil
        refused = 0
    }
}
