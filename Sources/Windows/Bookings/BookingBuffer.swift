import FlowModel
import Identity

/// A receive thread's flows since the owner last took them, for `Windows` to book: those of a kind summed up, and the few that reach back further than that, or that tell of
/// drops, each by itself.
///
/// Kinds stay when it is emptied, with what the owner found out about them, so that a conversation that goes on costs no more than its addition.
package struct BookingBuffer: Sendable {
    /// Kinds it holds at most, and flows that are kept by themselves; what comes beyond is not judged, and counted.
    package static let capacity = 1 << 17
    /// From so many on the owner should not wait for its second; kinds leave then.
    package static let plenty = capacity / 4 * 3
    /// Ticks before the one in which it began that sums reach back to.
    private static let reach = Int64(TickStrip.ticks) - 1

    /// What flows of a kind add up to.
    private struct Sum: Sendable {
        /// By `FlowKinds`.
        let kind: UInt64
        /// Where their amounts are by tick.
        var strip: UInt32
        var records: UInt32 = 0
        var bytes: UInt64 = 0
        var packets: UInt64 = 0

        @inline(__always)
        mutating func add(bytes: UInt64, packets: UInt64) {
            records &+= 1
            self.bytes &+= bytes
            self.packets &+= packets
        }
    }

    /// Flows that count in the same places: of the same pair, with the same marks.
    private struct Place: Hashable {
        let pair: UInt64
        let marks: Booking.Marks
    }

    private var sums: [Sum] = []
    /// The first flow of each kind since it was emptied.
    private(set) var firsts: [Booking] = []
    /// The talk of each kind, once the owner has found it; -1 before.
    var talks: [Int32] = []
    /// The kinds of which there were flows since it was emptied.
    private(set) var touched: [UInt32] = []

    private(set) var strips: [TickStrip] = []
    /// A flow of each strip.
    private(set) var stripFirsts: [Booking] = []
    /// The series of each strip, once the owner has found it; -1 before.
    var series: [Int32] = []
    private(set) var touchedStrips: [UInt32] = []
    private var isStripTouched: [Bool] = []
    private var stripPlaces: [Place: UInt32] = [:]

    /// Places of sums plus one, by hash; 0 is empty. At most half of it is used.
    private var slots = [UInt32](repeating: 0, count: 1 << 10)
    private let seed: UInt64
    private let flowKinds: FlowKinds
    /// Of the owner's tables when it found what it found.
    private var generation: UInt64 = 0
    /// The first tick of the strips; nil: nothing is in it.
    private(set) var oldest: Int64?
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

    /// Whether the owner should take it now.
    package var hasPlenty: Bool { sums.count >= Self.plenty || strips.count >= Self.plenty || single.count >= Self.plenty }

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
        let oldest = self.oldest ?? max(0, Windows.tick(of: now) - Self.reach)
        self.oldest = oldest
        let origin = Origin(exporter: exporter, isSampled: isSampled, start: oldest * ClosedTick.nanoseconds, now: now)
        let delays = place(of: exporter)
        if found.count < flows.count {
            found = [UInt32](repeating: 0, count: flows.count)
            kinds = [UInt64](repeating: 0, count: flows.count)
        }
        Self.find(flows, ends, origin, flowKinds, slots: slots, in: sums, to: &found, &kinds)
        var first = 0
        // A kind that is new is given a place, and the rest goes on in memory that nobody moves.
        while true {
            first = Self.addKnown(flows, ends, from: first, origin, to: found, &sums, &strips, &self.delays[delays])
            guard first < flows.count else { break }
            addNew(flows[first], ends[first], origin)
            first += 1
        }
    }

    /// Finds the sums of flows, one more than their places; 0 where they have none, or must be kept by themselves.
    ///
    /// In loops of their own, so that one look-up need not wait for the memory of the one before.
    private static func find(
        _ flows: [Flow], _ ends: [PairOfEnds], _ origin: Origin, _ flowKinds: FlowKinds, slots: [UInt32], in sums: [Sum],
        to found: inout [UInt32], _ kinds: inout [UInt64]
    ) {
        let mask = slots.count - 1
        let slots = slots.span
        let sums = sums.span
        let flows = flows.span
        let ends = ends.span
        var found = found.mutableSpan
        var kinds = kinds.mutableSpan
        for position in flows.indices {
            let kind = flowKinds.number(of: flows[position], ends[position], exporter: origin.exporter, isSampled: origin.isSampled)
            kinds[position] = kind
            found[position] = slots[Int(truncatingIfNeeded: kind) & mask]
        }
        for position in flows.indices where found[position] != 0 && sums[Int(found[position]) - 1].kind != kinds[position] {
            var slot = Int(truncatingIfNeeded: kinds[position]) & mask
            while slots[slot] != 0, sums[Int(slots[slot]) - 1].kind != kinds[position] { slot = (slot + 1) & mask }
            found[position] = slots[slot]
        }
    }

    /// Adds up flows; the place of the first one that is the first of its kind, or must be kept by itself.
    private static func addKnown(
        _ flows: [Flow], _ ends: [PairOfEnds], from first: Int, _ origin: Origin, to found: [UInt32], _ sums: inout [Sum],
        _ strips: inout [TickStrip], _ delays: inout ReportDelays
    ) -> Int {
        let flows = flows.span
        let ends = ends.span
        let found = found.span
        var sums = sums.mutableSpan
        var strips = strips.mutableSpan
        for position in first..<flows.count where ends[position] != .none {
            let sum = Int(found[position]) - 1
            guard sum >= 0, sums[sum].records != 0, flows[position].dropReason == .none else { return position }
            let end = flows[position].end.nanoseconds &- origin.start
            let duration = Booking.duration(flows[position])
            let (bytes, packets) = (flows[position].bytes, flows[position].packets)
            guard strips[Int(sums[sum].strip)].add(bytes: bytes, packets: packets, end: end, duration: duration) else { return position }
            sums[sum].add(bytes: bytes, packets: packets)
            delays.add(flows[position].bytes, after: max(0, origin.now.since(flows[position].end)) &+ duration)
        }
        return flows.count
    }

    /// Adds a flow that had no sum when those of its batch were looked for, or must be kept by itself.
    private mutating func addNew(_ flow: Flow, _ ends: PairOfEnds, _ origin: Origin) {
        let booking = Booking(flow, ends, exporter: origin.exporter, isSampled: origin.isSampled)
        let duration = Booking.duration(flow)
        if !addSum(flow, booking, origin, duration) {
            guard single.count < Self.capacity else { return refused &+= 1 }
            single.append(booking)
        }
        let place = place(of: origin.exporter)
        delays[place].add(flow.bytes, after: max(0, origin.now.since(flow.end)) &+ duration)
        if flow.exportProtocol == .sflow5 { delays[place].isPacketwise = true }
    }

    /// Adds a flow to its kind's sum, which is opened where there is none; false where it must be kept by itself.
    private mutating func addSum(_ flow: Flow, _ booking: Booking, _ origin: Origin, _ duration: Int64) -> Bool {
        guard flow.dropReason == .none, !booking.facts.contains(.isDiscard) else { return false }
        let kind = flowKinds.number(of: flow, booking.pair, exporter: origin.exporter, isSampled: origin.isSampled)
        let slot = slot(of: kind)
        let known = Int(slots[slot]) - 1
        guard known >= 0 || sums.count < Self.capacity else { return false }
        let end = flow.end.nanoseconds &- origin.start
        var strip = known >= 0 ? Int(sums[known].strip) : strip(for: booking)
        if !strips[strip].add(bytes: flow.bytes, packets: flow.packets, end: end, duration: duration) {
            // Where that one is full, another one begins.
            var next = TickStrip()
            guard next.add(bytes: flow.bytes, packets: flow.packets, end: end, duration: duration) else { return false }
            strip = newStrip(for: booking)
            strips[strip] = next
        }
        let sum = known >= 0 ? known : open(kind, booking, slot)
        sums[sum].strip = UInt32(strip)
        touch(sum, strip, booking)
        sums[sum].add(bytes: flow.bytes, packets: flow.packets)
        return true
    }

    private mutating func open(_ kind: UInt64, _ booking: Booking, _ slot: Int) -> Int {
        sums.append(Sum(kind: kind, strip: 0))
        firsts.append(booking)
        talks.append(-1)
        if 2 * sums.count > slots.count { rebuild(slotCount: 2 * slots.count) } else { slots[slot] = UInt32(sums.count) }
        return sums.count - 1
    }

    private mutating func strip(for booking: Booking) -> Int {
        stripPlaces[Place(pair: booking.pair.key, marks: booking.marks)].map { Int($0) } ?? newStrip(for: booking)
    }

    private mutating func newStrip(for booking: Booking) -> Int {
        stripPlaces[Place(pair: booking.pair.key, marks: booking.marks)] = UInt32(strips.count)
        strips.append(TickStrip())
        stripFirsts.append(booking)
        series.append(-1)
        isStripTouched.append(false)
        return strips.count - 1
    }

    private mutating func touch(_ sum: Int, _ strip: Int, _ booking: Booking) {
        if sums[sum].records == 0 {
            touched.append(UInt32(sum))
            firsts[sum] = booking
        }
        guard !isStripTouched[strip] else { return }
        isStripTouched[strip] = true
        touchedStrips.append(UInt32(strip))
        stripFirsts[strip] = booking
    }

    /// The slot that leads to a kind's sum, or that it would get.
    private func slot(of kind: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: kind) & mask
        while slots[slot] != 0, sums[Int(slots[slot]) - 1].kind != kind { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func rebuild(slotCount: Int) {
        slots = [UInt32](repeating: 0, count: slotCount)
        for place in sums.indices { slots[slot(of: sums[place].kind)] = UInt32(place + 1) }
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

    /// What the flows of the kind at a place add up to.
    func volume(_ place: Int) -> Volume {
        Volume(bytes: Int64(clamping: sums[place].bytes), packets: Int64(clamping: sums[place].packets), records: Int64(sums[place].records))
    }

    /// Lets go of what the owner found out, if its tables have changed since.
    mutating func hold(_ generation: UInt64) {
        guard generation != self.generation else { return }
        self.generation = generation
        for place in talks.indices { talks[place] = -1 }
        for place in series.indices { series[place] = -1 }
    }

    /// Empties it. Kinds stay, unless there are many.
    package mutating func removeAll() {
        guard !hasPlenty else {
            self = BookingBuffer(seed: seed)
            return
        }
        for sum in touched {
            sums[Int(sum)].records = 0
            sums[Int(sum)].bytes = 0
            sums[Int(sum)].packets = 0
        }
        for strip in touchedStrips {
            strips[Int(strip)] = TickStrip()
            isStripTouched[Int(strip)] = false
        }
        touched.removeAll(keepingCapacity: true)
        touchedStrips.removeAll(keepingCapacity: true)
        single.removeAll(keepingCapacity: true)
        for entry in delays { delayPlaces[Int(entry.exporter.rawValue)] = 0 }
        delays.removeAll(keepingCapacity: true)
        oldest = nil
        refused = 0
    }
}
