import FlowModel
import Windows

/// Who talks to whom, by workload, protocol and port: what has been seen, since when, and what somebody has approved.
///
/// Bounded: the least recently seen edges leave. An edge is *new* until its traffic has paused for ``pause`` for the first time.
struct LearnedGraph: Sendable {
    /// What is known of an edge; times are ticks since 1970.
    struct Entry: Sendable {
        var key: Key
        var first: Int64
        var last: Int64
        /// Its first traffic is over: seen again, it is nothing new.
        var isSettled: Bool
        /// Somebody, or a baseline, says that it is as it should be.
        var isApproved: Bool
    }

    struct Key: Hashable, Sendable, BitwiseCopyable {
        var source: UInt32
        var destination: UInt32
        /// Protocol and port in one number.
        var service: UInt32
    }

    private struct Pair: Hashable {
        var low: UInt32
        var high: UInt32

        init(_ key: Key) { (low, high) = (min(key.source, key.destination), max(key.source, key.destination)) }
    }

    /// Ticks without traffic after which it is over: five minutes.
    static let pause: Int64 = 20

    private(set) var limit: Int
    /// The tick since which edges are learned; nil: nothing has been seen.
    private(set) var since: Int64?
    /// By slot; nil: free.
    private(set) var entries: [Entry?] = []
    /// The slots of edges with traffic within the last pause, as they were seen last.
    private(set) var recent: [Int: ClosedTick.SeenEdge] = [:]
    /// Grows when slots are given anew.
    private(set) var generation = 0
    /// Edges that had to leave.
    private(set) var evictions = 0
    private var slots: [Key: Int] = [:]
    private var free: [Int] = []
    private var names: [WorkloadName] = []
    private var numbers: [WorkloadName: UInt32] = [:]
    /// By the tick's workload number.
    private var numberOfWorkload: [UInt32] = []
    private var numbering = 0
    private var edgesOfPairs: [Pair: UInt32] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// How many edges there are.
    var count: Int { slots.count }

    // MARK: Ticks

    mutating func take(_ tick: ClosedTick) {
        if since == nil, !tick.edges.isEmpty || !tick.series.isEmpty { since = tick.number }
        if numbering != tick.generation {
            numbering = tick.generation
            numberOfWorkload = []
        }
        for seen in tick.edges { note(seen, in: tick) }
        for (slot, _) in recent {
            guard var entry = entries[slot] else {
                recent[slot] = nil
                continue
            }
            guard tick.number - entry.last > Self.pause else { continue }
            recent[slot] = nil
            entry.isSettled = true
            entries[slot] = entry
        }
        bound()
    }

    private mutating func note(_ seen: ClosedTick.SeenEdge, in tick: ClosedTick) {
        let key = Key(
            source: number(of: seen.edge.pair.source, in: tick), destination: number(of: seen.edge.pair.destination, in: tick),
            service: Self.service(seen.edge.protocolNumber, seen.edge.port))
        if let slot = slots[key], var entry = entries[slot] {
            if tick.number - entry.last > Self.pause { entry.isSettled = true }
            entry.last = max(entry.last, tick.number)
            entries[slot] = entry
            recent[slot] = seen
        } else {
            let isNothingNew = isAnswer(key)
            let slot = insert(Entry(key: key, first: tick.number, last: tick.number, isSettled: isNothingNew, isApproved: false))
            recent[slot] = seen
        }
    }

    /// Whether an edge without a port belongs to others between the same two, whoever asks and whoever answers: both ends of it are ephemeral, or it is ICMP.
    private func isAnswer(_ key: Key) -> Bool {
        guard key.service & 0xFFFF == 0 else { return false }
        return edgesOfPairs[Pair(key)] != nil
    }

    private mutating func insert(_ entry: Entry) -> Int {
        let slot = free.popLast() ?? entries.count
        if slot == entries.count { entries.append(entry) } else { entries[slot] = entry }
        slots[entry.key] = slot
        edgesOfPairs[Pair(entry.key), default: 0] += 1
        return slot
    }

    private mutating func evict() {
        let excess = slots.count - limit + limit / 20
        // What somebody has approved goes last.
        func rank(_ slot: Int) -> (Int, Int64, Int) { (entries[slot]?.isApproved == true ? 1 : 0, entries[slot]?.last ?? 0, slot) }
        let oldest = slots.values.sorted { rank($0) < rank($1) }
        for slot in oldest.prefix(excess) {
            guard let entry = entries[slot] else { continue }
            slots[entry.key] = nil
            entries[slot] = nil
            recent[slot] = nil
            free.append(slot)
            evictions += 1
            let pair = Pair(entry.key)
            if let left = edgesOfPairs[pair], left > 1 { edgesOfPairs[pair] = left - 1 } else { edgesOfPairs[pair] = nil }
        }
        forgetNames()
    }

    /// Names of edges that have left are dropped when they are most of all.
    private mutating func forgetNames() {
        guard names.count > 4 * slots.count + 1024 else { return }
        var other = LearnedGraph(limit: limit)
        other.generation = generation + 1
        other.since = since
        other.evictions = evictions
        for slot in slots.values.sorted() {
            guard let entry = entries[slot], let edge = edge(slot) else { continue }
            let key = other.key(of: edge)
            var moved = entry
            moved.key = key
            let place = other.insert(moved)
            if let seen = recent[slot] { other.recent[place] = seen }
        }
        self = other
    }

    // MARK: Names

    static func service(_ protocolNumber: UInt8, _ port: UInt16) -> UInt32 { UInt32(protocolNumber) << 16 | UInt32(port) }

    /// The edge in a slot, by names.
    func edge(_ slot: Int) -> EdgeName? {
        guard entries.indices.contains(slot), let key = entries[slot]?.key, Int(key.source) < names.count, Int(key.destination) < names.count else {
            return nil
        }
        return EdgeName(
            source: names[Int(key.source)], destination: names[Int(key.destination)], protocolNumber: UInt8(truncatingIfNeeded: key.service >> 16),
            port: UInt16(truncatingIfNeeded: key.service))
    }

    private mutating func number(of workload: WorkloadNumber, in tick: ClosedTick) -> UInt32 {
        let index = Int(workload.rawValue)
        // Numbers are dense: one that is far beyond the tick's names is none.
        guard index < tick.workloads.count else { return number(of: tick.name(workload)) }
        while numberOfWorkload.count <= index { numberOfWorkload.append(.max) }
        if numberOfWorkload[index] != .max { return numberOfWorkload[index] }
        let number = number(of: tick.name(workload))
        numberOfWorkload[index] = number
        return number
    }

    private mutating func number(of name: WorkloadName) -> UInt32 {
        if let number = numbers[name] { return number }
        let number = UInt32(clamping: names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    private mutating func key(of edge: EdgeName) -> Key {
        Key(source: number(of: edge.source), destination: number(of: edge.destination), service: Self.service(edge.protocolNumber, edge.port))
    }

    // MARK: By hand

    mutating func setLimit(_ limit: Int) { self.limit = limit }

    /// Takes in an edge of a baseline or of an earlier run.
    mutating func add(_ edge: EdgeName, first: Int64, last: Int64, isSettled: Bool, isApproved: Bool) {
        let key = key(of: edge)
        if let slot = slots[key], var entry = entries[slot] {
            entry.first = min(entry.first, first)
            entry.last = max(entry.last, last)
            entry.isSettled = entry.isSettled || isSettled
            entry.isApproved = entry.isApproved || isApproved
            entries[slot] = entry
        } else if slots.count / 2 < limit {
            // What is beyond the limit leaves with the next tick, the least recently seen first.
            _ = insert(Entry(key: key, first: first, last: last, isSettled: isSettled, isApproved: isApproved))
        }
    }

    /// Lets go of what is beyond the limit.
    mutating func bound() {
        if slots.count > limit { evict() }
    }

    /// Whether an edge is known.
    func contains(_ edge: EdgeName) -> Bool {
        guard let source = numbers[edge.source], let destination = numbers[edge.destination] else { return false }
        return slots[Key(source: source, destination: destination, service: Self.service(edge.protocolNumber, edge.port))] != nil
    }

    /// Takes `tick` for now, after a clock that was ahead: nothing was seen later.
    mutating func rewind(to tick: Int64) {
        since = since.map { min($0, tick) }
        for slot in entries.indices {
            guard var entry = entries[slot], entry.last > tick else { continue }
            (entry.first, entry.last) = (min(entry.first, tick), tick)
            entries[slot] = entry
        }
    }

    /// Says since when edges have been learned, if it was earlier than what is known.
    mutating func begin(at tick: Int64) { since = min(since ?? tick, tick) }

    /// What is known of all edges, in no order.
    var all: [(edge: EdgeName, entry: Entry)] {
        slots.values.sorted().compactMap { slot in
            guard let entry = entries[slot], let edge = edge(slot) else { return nil }
            return (edge, entry)
        }
    }
}
