import FlowModel
import Identity

/// The totals by pair, and which of them are exposed. One owner changes it; times are nanoseconds of a monotonic clock.
///
/// At any time, over all rows: exposed bytes + `withheldBytes` + `retiredBytes` = `receivedBytes`. What is folded stands in rows of folded endpoints, so it is
/// among the exposed (or withheld); `foldedBytes` says how much.
package struct Ledger: Sendable {
    struct RareRow: Sendable {
        var key: RareKey
        var value: UInt64
        var created: Int64
        var isBorn: Bool
    }

    /// How long a pair must have been idle before it may be retired to make room: an hour.
    package static let minimumIdle: Int64 = 3_600_000_000_000
    /// Rare amounts are kept for at most so many times `maxPairs`.
    static let rarePerPair = 4
    /// Folded pairs, apart from `reserved:other` to itself, keep this share of the table free for themselves, at most a thousand rows.
    static let foldedShare = 10

    private(set) var configuration: LedgerConfiguration
    private let registry: EndpointRegistry
    var rows = LedgerRows()
    private var free: [Int] = []
    private var index: PairIndex
    private(set) var rare: [RareRow] = []
    private var rareIndex: [RareKey: Int] = [:]
    private var freeRare: [Int] = []
    private var unborn = BirthQueue()
    private var endpoints: HeldEndpoints
    private var lastIdleSweep = Int64.min / 2

    /// All bytes that were merged.
    package private(set) var receivedBytes: UInt64 = 0
    /// Bytes of pairs that show 0 still.
    package private(set) var withheldBytes: UInt64 = 0
    /// Bytes of pairs that left.
    package private(set) var retiredBytes: UInt64 = 0
    /// Bytes that stand in folded pairs, by source namespace.
    package private(set) var foldedBytes: [String: UInt64] = [:]

    package init(configuration: LedgerConfiguration, registry: EndpointRegistry, seed: UInt64) {
        self.configuration = configuration
        self.registry = registry
        index = PairIndex(seed: seed)
        endpoints = HeldEndpoints(registry: registry)
    }

    /// Goes by other bounds from now on: pairs that are there stay.
    package mutating func reconfigure(_ configuration: LedgerConfiguration) {
        self.configuration = configuration
    }

    /// Pairs that are exposed.
    package var pairs: Int { rows.count - free.count }

    /// Adds up what a shard has counted. Its endpoints must be held by somebody until this returns.
    package mutating func merge(_ deltas: borrowing Deltas, now: Int64) {
        for delta in deltas.rows {
            receivedBytes &+= delta.bytes
            let row = admit(delta.key, bytes: delta.bytes, now: now)
            rows[row].bytes &+= delta.bytes
            rows[row].packets &+= delta.packets
            rows[row].records &+= delta.records
            rows[row].lastCounted = now
            if !rows[row].isBorn { withheldBytes &+= delta.bytes }
        }
        for (key, value) in deltas.rare {
            // The pair's row is there since its delta was merged; what was folded counts there.
            let row = admit(key.pair, bytes: 0, now: now)
            addRare(RareKey(pair: rows[row].key, amount: key.amount), value, now: now)
        }
        // Numbers that only folded pairs had may stand for other endpoints by the next merge.
        endpoints.forgetUnused()
    }

    /// Shows the values of the pairs whose birth is long enough ago.
    package mutating func advance(to now: Int64) {
        let due = now - configuration.birthDelay
        while let next = unborn.popFirst(createdUntil: due) {
            switch next.place {
            case .row(let row):
                guard rows[row].lastCounted >= 0, rows[row].created == next.created, !rows[row].isBorn else { continue }
                rows[row].bear()
                withheldBytes &-= rows[row].bytes
            case .rare(let row):
                guard rare[row].created == next.created else { continue }
                rare[row].isBorn = true
            }
        }
    }

    /// Takes the pairs out of which an end is gone.
    package mutating func retire(where isGone: (EndpointNumber) -> Bool) {
        retire(
            rows.indices.filter { row in
                guard rows[row].lastCounted >= 0 else { return false }
                let (source, destination) = Self.ends(of: rows[row].key)
                return isGone(source) || isGone(destination)
            })
        endpoints.forgetUnused()
    }

    static func ends(of key: UInt64) -> (source: EndpointNumber, destination: EndpointNumber) {
        (EndpointNumber(rawValue: UInt32(key >> 32)), EndpointNumber(rawValue: UInt32(truncatingIfNeeded: key)))
    }

    private static func key(_ source: EndpointNumber, _ destination: EndpointNumber) -> UInt64 {
        UInt64(source.rawValue) << 32 | UInt64(destination.rawValue)
    }

    // MARK: Admission

    private func find(_ key: UInt64) -> Int? {
        index.row(of: key) { rows[$0].key }
    }

    /// The row that `key` counts in: its own, a new one, or one that it is folded into.
    private mutating func admit(_ key: UInt64, bytes: UInt64, now: Int64) -> Int {
        let (source, destination) = Self.ends(of: key)
        var row = find(key)
        if row == nil, hasRoom(for: source, now: now) { row = open(key, now: now) }
        if let row {
            // Folded before it came here: since its namespace is left out, or by a table of deltas that was full.
            if endpoints.isFolded(source) { noteFolded(key, bytes) }
            return row
        }
        noteFolded(key, bytes)
        let pods = Self.key(endpoints.folded(of: source), endpoints.folded(of: destination))
        if let row = find(pods) { return row }
        if pairs < configuration.maxPairs - 1 { return open(pods, now: now) }
        let all = Self.key(.other, .other)
        return find(all) ?? open(all, now: now)
    }

    private mutating func noteFolded(_ key: UInt64, _ bytes: UInt64) {
        guard bytes > 0 else { return }
        foldedBytes[endpoints.namespace(of: Self.ends(of: key).source), default: 0] &+= bytes
    }

    private mutating func hasRoom(for source: EndpointNumber, now: Int64) -> Bool {
        let regular = configuration.maxPairs - min(configuration.maxPairs / Self.foldedShare, 1000) - 1
        if pairs >= regular, now - lastIdleSweep >= 60_000_000_000 {
            lastIdleSweep = now
            retireIdle(now: now)
        }
        guard pairs < max(regular, 0) else { return false }
        guard configuration.namespaceShare < 1, pairs * 5 >= regular * 4 else { return true }
        let share = configuration.namespaceShare * Double(configuration.maxPairs)
        let held = Double(endpoints.pairs(fromNamespaceOf: source))
        // The last tenth is for the small ones: who came late must find room beside who came first and took much.
        return held < (pairs * 10 >= regular * 9 ? share / 5 : share)
    }

    private mutating func open(_ key: UInt64, now: Int64) -> Int {
        let isBorn = configuration.birthDelay <= 0
        let opened = LedgerRows.Row(key: key, created: now, isBorn: isBorn)
        let row: Int
        if let reused = free.popLast() {
            row = reused
            rows[row] = opened
        } else {
            row = rows.count
            rows.append(opened)
        }
        index.insert(key, row: row) { rows[$0].key }
        let (source, destination) = Self.ends(of: key)
        endpoints.hold(source: source, destination: destination)
        if !isBorn { unborn.append(.row(row), created: now) }
        return row
    }

    // MARK: Retirement

    /// Makes room for a twentieth of the table, of the pairs that have been idle for longest, if they have been for an hour.
    private mutating func retireIdle(now: Int64) {
        let idle = rows.indices.filter { rows[$0].lastCounted >= 0 && now - rows[$0].lastCounted >= Self.minimumIdle }
        let room = max(1, configuration.maxPairs / 20)
        retire(idle.sorted { rows[$0].lastCounted < rows[$1].lastCounted }.prefix(room))
    }

    private mutating func retire(_ leaving: some Collection<Int>) {
        guard !leaving.isEmpty else { return }
        let keys = Set(leaving.map { rows[$0].key })
        for row in leaving { retire(row) }
        for (key, row) in rareIndex where keys.contains(key.pair) {
            rareIndex[key] = nil
            rare[row].value = 0
            rare[row].created = .min
            freeRare.append(row)
        }
    }

    /// Takes a row out; its rare amounts are the caller's to take out.
    private mutating func retire(_ row: Int) {
        let key = rows[row].key
        if !rows[row].isBorn { withheldBytes &-= rows[row].bytes }
        retiredBytes &+= rows[row].bytes
        index.remove(key) { rows[$0].key }
        rows[row].lastCounted = -1
        rows[row].bytes = 0
        free.append(row)
        let (source, destination) = Self.ends(of: key)
        endpoints.release(source: source, destination: destination)
    }

    private mutating func addRare(_ key: RareKey, _ value: UInt64, now: Int64) {
        if let row = rareIndex[key] {
            rare[row].value &+= value
            return
        }
        guard rareIndex.count < Self.rarePerPair * configuration.maxPairs else {
            // Reasons are the exporter's word, and there are thousands: what finds no room counts for all pairs, without one.
            let all = RareKey(pair: Self.key(.other, .other), amount: key.amount.withoutReason)
            if key == all { return }
            if let row = rareIndex[all] {
                rare[row].value &+= value
            } else if find(all.pair) != nil {
                openRare(all, value, now: now)
            }
            return
        }
        openRare(key, value, now: now)
    }

    private mutating func openRare(_ key: RareKey, _ value: UInt64, now: Int64) {
        let isBorn = configuration.birthDelay <= 0
        let opened = RareRow(key: key, value: value, created: now, isBorn: isBorn)
        let row: Int
        if let reused = freeRare.popLast() {
            row = reused
            rare[row] = opened
        } else {
            row = rare.count
            rare.append(opened)
        }
        rareIndex[key] = row
        if !isBorn { unborn.append(.rare(row), created: now) }
    }
}
