import Windows

/// The traffic of a tick, added up by labels: what all rules see that have `by` and `where` in common.
///
/// Each set of label values has a slot, and keeps it until it has been idle for a long time, or there are too many.
struct SeriesSums: Sendable {
    /// What distinguishes it from other sums.
    struct Shape: Sendable, Hashable {
        var by: [Rule.SeriesLabel]
        var filter: TrafficFilter
    }

    /// After so many ticks without traffic a series is forgotten: two weeks, so that what happens once a week is known.
    private static let longestIdle: Int64 = 14 * 5760
    private static let hour: Int64 = 240
    private static let unknown: Int32 = -2
    private static let leftOut: Int32 = -1
    private static let turnedAwayMark: Int32 = -3

    let shape: Shape
    /// Series at most.
    let limit: Int
    /// Label values by slot, in the order of `by`; nil: the slot is free.
    private(set) var names: [[String]?] = []
    /// The tick's amounts by slot.
    private(set) var sums: [Amounts] = []
    /// Whether the tick says less of the series than what flowed, or nothing reliable: no sample.
    private(set) var isUncertain: [Bool] = []
    /// Slots that have been taken from a series since the tick before; another one may have them already.
    private(set) var gone: [Int] = []
    /// Series that had to go since the start because there were too many.
    private(set) var evictions = 0
    /// Pairs of which there is no room for the series.
    private(set) var turnedAway = 0
    private var lastActive: [Int64] = []
    private var isPresent: [Bool] = []
    /// Whether any of its traffic was seen in this run.
    private var isHeard: [Bool] = []
    /// Whether it is known from an earlier run.
    private var isRestored: [Bool] = []
    /// Of this run.
    private var firstTick: Int64?
    private var free: [Int] = []
    private var slots: [[String]: Int] = [:]
    private var slotOfPlace: [Int32] = []
    private var generation = -1

    init(_ shape: Shape, limit: Int) {
        self.shape = shape
        self.limit = limit
    }

    /// How many series there are.
    var count: Int { slots.count }

    /// The slot of a series, which it gets where it has none; for what was kept over a restart.
    mutating func slot(of series: [String], lastActive tick: Int64, isRestored fromBefore: Bool = true) -> Int {
        if let slot = slots[series] { return slot }
        let slot = free.popLast() ?? names.count
        if slot == names.count {
            names.append(nil)
            sums.append(Amounts())
            isUncertain.append(false)
            lastActive.append(tick)
            isPresent.append(false)
            isHeard.append(false)
            isRestored.append(fromBefore)
        }
        isHeard[slot] = false
        isRestored[slot] = fromBefore
        names[slot] = series
        lastActive[slot] = tick
        slots[series] = slot
        return slot
    }

    mutating func take(_ tick: ClosedTick, _ pairs: BasePairs) {
        gone.removeAll(keepingCapacity: true)
        retire(at: tick.number)
        if generation != pairs.generation {
            generation = pairs.generation
            slotOfPlace.removeAll(keepingCapacity: true)
        }
        while slotOfPlace.count < pairs.pairs.count { slotOfPlace.append(Self.unknown) }
        if firstTick == nil { firstTick = tick.number }
        let isFirstHour = tick.number - (firstTick ?? 0) < Self.hour
        for slot in sums.indices {
            sums[slot] = Amounts()
            // A series of which the tick has no pair was idle for an hour: that is nothing, if all exporters are there to tell. In the first hour of a run it
            // may also be that nobody has told of it yet.
            isUncertain[slot] = tick.anyExporterAway || isFirstHour && !isHeard[slot]
            isPresent[slot] = false
        }
        for (index, series) in tick.series.enumerated() {
            let place = pairs.order[index]
            var slot = Int(slotOfPlace[place])
            if slot == Int(Self.unknown) {
                slot = firstSlot(of: series.pair, in: tick)
                slotOfPlace[place] = Int32(clamping: slot)
            }
            guard slot >= 0 else { continue }
            if !isPresent[slot] {
                isPresent[slot] = true
                isHeard[slot] = true
                // Which exporters tell of its pairs is not known over a restart: while any is away, some of them may be missing.
                isUncertain[slot] = isFirstHour && isRestored[slot] && tick.anyExporterAway
            }
            sums[slot] += series.amounts
            if series.isMissing || series.isUnsteady { isUncertain[slot] = true }
            if !series.amounts.isZero { lastActive[slot] = tick.number }
        }
    }

    /// The slot of a pair that is seen for the first time; a mark below 0 where it has none.
    private mutating func firstSlot(of pair: WorkloadPair, in tick: ClosedTick) -> Int {
        guard shape.filter.admits(pair, in: tick) else { return Int(Self.leftOut) }
        let labels = labels(of: pair, in: tick)
        guard slots[labels] != nil || slots.count < limit else {
            turnedAway += 1
            return Int(Self.turnedAwayMark)
        }
        return slot(of: labels, lastActive: tick.number, isRestored: false)
    }

    /// Takes `tick` for now, after a time that was ahead: nothing lies beyond it.
    mutating func rewind(to tick: Int64) {
        firstTick = nil
        for slot in lastActive.indices { lastActive[slot] = min(lastActive[slot], tick) }
    }

    /// The label values of a slot by their names.
    func labels(of slot: Int) -> [String: String] {
        guard names.indices.contains(slot), let values = names[slot] else { return [:] }
        return Dictionary(zip(shape.by.map(\.rawValue), values)) { first, _ in first }
    }

    /// The slot of a pair's place; nil where the pair is left out.
    func slot(ofPlace place: Int) -> Int? {
        place < slotOfPlace.count && slotOfPlace[place] >= 0 ? Int(slotOfPlace[place]) : nil
    }

    /// The pairs that make up some series, those with most bytes in the tick first, at most so many for each.
    func pairs(of wanted: Set<Int>, in tick: ClosedTick, _ base: BasePairs, limit: Int = 100) -> [Int: [WorkloadPair]] {
        if wanted.isEmpty { return [:] }
        var found: [Int: [(pair: WorkloadPair, bytes: Int64)]] = [:]
        for (index, series) in tick.series.enumerated() where base.order[index] < slotOfPlace.count {
            let slot = Int(slotOfPlace[base.order[index]])
            if slot >= 0, wanted.contains(slot) { found[slot, default: []].append((series.pair, series.amounts.bytes)) }
        }
        return found.mapValues { pairs in pairs.sorted { $0.bytes > $1.bytes }.prefix(limit).map(\.pair) }
    }

    private func labels(of pair: WorkloadPair, in tick: ClosedTick) -> [String] {
        let (source, destination) = (tick.name(pair.source), tick.name(pair.destination))
        return shape.by.map { label in
            switch label {
            case .sourceNamespace: source.namespace
            case .sourceWorkload: source.name
            case .destinationNamespace: destination.namespace
            case .destinationWorkload: destination.name
            }
        }
    }

    /// Once an hour: lets go of what has been idle for very long; and, where there is no room, of the longest idle, and of those that are as idle the
    /// smallest, so that others get their turn.
    private mutating func retire(at tick: Int64) {
        guard tick % Self.hour == 0 || slots.count > limit else { return }
        for (slot, name) in names.enumerated() where name != nil && tick - lastActive[slot] > Self.longestIdle { release(slot) }
        if slots.count >= limit {
            let kept = limit - limit / 20
            let order = names.indices.filter { names[$0] != nil }.sorted { (lastActive[$0], sums[$0].bytes) < (lastActive[$1], sums[$1].bytes) }
            for slot in order.prefix(slots.count - kept) {
                release(slot)
                evictions += 1
            }
        }
        guard !gone.isEmpty || turnedAway > 0 else { return }
        turnedAway = 0
        let isGone = Set(gone.map { Int32(clamping: $0) })
        for place in slotOfPlace.indices where slotOfPlace[place] == Self.turnedAwayMark || isGone.contains(slotOfPlace[place]) {
            slotOfPlace[place] = Self.unknown
        }
    }

    private mutating func release(_ slot: Int) {
        guard let name = names[slot] else { return }
        names[slot] = nil
        slots[name] = nil
        sums[slot] = Amounts()
        free.append(slot)
        gone.append(slot)
    }
}
