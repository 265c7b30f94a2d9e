import FlowModel
import Identity

/// What a receive thread has counted since the owner of the totals last took it, by pair. Double-buffered: see `WeirService`.
package struct Deltas: Sendable {
    /// Pairs that are kept apart at most; a new one beyond counts as `reserved:other` at both ends until the owner has taken the rest.
    package static let maximumPairs = 1 << 20
    /// From so many pairs on the owner should not wait for its second to take them.
    package static let plenty = 1 << 17
    /// Memory of more pairs than this is given back when they have been taken.
    private static let kept = 1 << 15
    private static let other = PairOfEnds(source: .other, destination: .other).key

    struct Row: Sendable {
        var key: UInt64
        var bytes: UInt64
        var packets: UInt64
        var records: UInt64

        @inline(__always)
        mutating func add(_ flow: borrowing Flow) {
            bytes &+= flow.bytes
            packets &+= flow.packets
            if !flow.traits.contains(.discardNotification) { records &+= 1 }
        }
    }

    private(set) var rows: [Row] = []
    private(set) var rare: [RareKey: UInt64] = [:]
    /// Row numbers plus one; 0 is empty.
    private var slots: [UInt32]
    private let seed: UInt64
    private let families: Set<LedgerConfiguration.Family>
    // What of a flow may be a rare amount that is kept, so that a record need not ask the set.
    private let countsDrops: Bool
    private let countedFlags: TCPFlags
    private let countsMarks: Bool
    /// Records that were folded because the table was full.
    package private(set) var overflow: UInt64 = 0

    /// Empty.
    ///
    /// - Parameters:
    ///   - families: rare amounts of other families are not kept.
    ///   - seed: what the hash of keys, which come from outside, is mixed with.
    package init(families: Set<LedgerConfiguration.Family>, seed: UInt64) {
        self.families = families
        self.seed = seed
        countsDrops = families.contains(.drops)
        countsMarks = families.contains(.ecnMarkedPackets)
        var flags = TCPFlags()
        if families.contains(.tcpSYNRecords) { flags.insert(.syn) }
        if families.contains(.tcpResetRecords) { flags.insert(.rst) }
        countedFlags = flags
        slots = [UInt32](repeating: 0, count: 1 << 12)
        rows.reserveCapacity(1 << 11)
    }

    /// Whether there is so much in it that the owner should not wait for its second.
    package var hasPlenty: Bool { rows.count >= Self.plenty }

    /// Pairs in it.
    package var count: Int { rows.count }

    /// Counts flows *as counted* (IP bytes, scaled), each between the ends at its place in `ends`.
    package mutating func add(_ flows: [Flow], _ ends: [PairOfEnds]) {
        var first = 0
        // A pair that has no row yet is given one, and the rest goes on in memory that nobody moves.
        while true {
            first = Self.addKnown(flows, ends, from: first, slots: slots, seed: seed, to: &rows)
            guard first < flows.count else { break }
            let row = self.row(of: ends[first].key)
            rows[row].add(flows[first])
            first += 1
        }
        for position in flows.indices where hasRare(flows[position]) && ends[position] != .none {
            addRare(flows[position], overflow == 0 || find(ends[position].key).row != nil ? ends[position].key : Self.other)
        }
    }

    /// Counts flows whose pairs have a row already; the place of the first one that has none.
    private static func addKnown(
        _ flows: [Flow], _ ends: [PairOfEnds], from first: Int, slots: [UInt32], seed: UInt64, to rows: inout [Row]
    ) -> Int {
        let mask = slots.count - 1
        let slots = slots.span
        let flows = flows.span
        let ends = ends.span
        var rows = rows.mutableSpan
        for position in first..<flows.count where ends[position] != .none {
            let key = ends[position].key
            var slot = Int(truncatingIfNeeded: PairIndex.hash(key, seed: seed)) & mask
            while true {
                let number = Int(slots[slot])
                guard number != 0 else { return position }
                if rows[number - 1].key == key {
                    rows[number - 1].add(flows[position])
                    break
                }
                slot = (slot + 1) & mask
            }
        }
        return flows.count
    }

    @inline(__always)
    private func hasRare(_ flow: borrowing Flow) -> Bool {
        let hasFlags = flow.tcpFlags.rawValue & countedFlags.rawValue != 0
        let isMarked = flow.typeOfService & 3 == 3
        let isDropped = flow.dropReason != .none
        return hasFlags || isMarked && countsMarks || isDropped && countsDrops
    }

    /// The pair's row, or nil; and the slot that leads to it, or that it would get.
    private func find(_ key: UInt64) -> (row: Int?, slot: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: PairIndex.hash(key, seed: seed)) & mask
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if rows[row].key == key { return (row, slot) }
            slot = (slot + 1) & mask
        }
        return (nil, slot)
    }

    /// Empties it; its memory stays, unless it is much: then there is room for as many pairs again, so that nobody who counts waits for it to grow. Rows take
    /// memory only as they are used.
    package mutating func removeAll() {
        var slotCount = min(slots.count, 8 * Self.kept)
        if rows.count > Self.kept {
            let expected = rows.count + rows.count / 8
            rows = []
            rows.reserveCapacity(expected)
            while slotCount < 2 * expected { slotCount *= 2 }
        } else {
            rows.removeAll(keepingCapacity: true)
        }
        rare.removeAll(keepingCapacity: rare.count < Self.kept)
        overflow = 0
        if slots.count == slotCount {
            for slot in slots.indices { slots[slot] = 0 }
        } else {
            slots = [UInt32](repeating: 0, count: slotCount)
        }
    }

    private mutating func addRare(_ flow: Flow, _ pair: UInt64) {
        func add(_ amount: RareAmount, _ count: UInt64) {
            if count > 0 { rare[RareKey(pair: pair, amount: amount), default: 0] &+= count }
        }
        if countsDrops, flow.dropReason != .none {
            add(.droppedPackets(flow.dropReason), flow.droppedPackets)
            add(.droppedBytes(flow.dropReason), flow.droppedBytes)
        }
        if flow.protocolNumber == 6 {
            let flags = flow.tcpFlags.intersection(countedFlags)
            if flags.contains(.syn) { add(.tcpSYNRecords, 1) }
            if flags.contains(.rst) { add(.tcpResetRecords, 1) }
        }
        if countsMarks, flow.typeOfService & 3 == 3 { add(.ecnMarkedPackets, flow.packets) }
    }

    /// The pair's row, opened where it has none; that of `other` where there is no room.
    private mutating func row(of key: UInt64) -> Int {
        let (row, slot) = find(key)
        return row ?? newRow(key, slot)
    }

    private mutating func newRow(_ key: UInt64, _ slot: Int) -> Int {
        if rows.count >= Self.maximumPairs, key != Self.other {
            overflow += 1
            return row(of: Self.other)
        }
        rows.append(Row(key: key, bytes: 0, packets: 0, records: 0))
        slots[slot] = UInt32(rows.count)
        if rows.count * 2 > slots.count { grow() }
        return rows.count - 1
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, row) in rows.enumerated() {
            var slot = Int(truncatingIfNeeded: PairIndex.hash(row.key, seed: seed)) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number + 1)
        }
    }
}
