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

    /// Counts a flow *as counted* (IP bytes, scaled) between two endpoints.
    @inline(__always)
    package mutating func add(_ flow: borrowing Flow, source: EndpointNumber, destination: EndpointNumber) {
        let row = self.row(of: UInt64(source.rawValue) << 32 | UInt64(destination.rawValue))
        rows[row].add(flow)
        let hasFlags = flow.tcpFlags.rawValue & countedFlags.rawValue != 0
        let isMarked = flow.typeOfService & 3 == 3
        let isDropped = flow.dropReason != .none
        if hasFlags || isMarked && countsMarks || isDropped && countsDrops { addRare(copy flow, rows[row].key) }
    }

    /// Empties it; its memory stays, unless it is much: then there is room for as many pairs again, which takes memory only as it is used.
    package mutating func removeAll() {
        if rows.count > Self.kept {
            let expected = rows.count + rows.count / 8
            rows = []
            rows.reserveCapacity(expected)
        } else {
            rows.removeAll(keepingCapacity: true)
        }
        rare.removeAll(keepingCapacity: rare.count < Self.kept)
        overflow = 0
        if slots.count > 8 * Self.kept {
            slots = [UInt32](repeating: 0, count: 4 * Self.kept)
        } else {
            for slot in slots.indices { slots[slot] = 0 }
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

    @inline(__always)
    private mutating func row(of key: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: PairIndex.hash(key, seed: seed)) & mask
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if rows[row].key == key { return row }
            slot = (slot + 1) & mask
        }
        return newRow(key, slot)
    }

    private mutating func newRow(_ key: UInt64, _ slot: Int) -> Int {
        let other = UInt64(EndpointNumber.other.rawValue) << 32 | UInt64(EndpointNumber.other.rawValue)
        if rows.count >= Self.maximumPairs, key != other {
            overflow += 1
            return row(of: other)
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
