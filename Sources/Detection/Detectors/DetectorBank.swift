/// The detectors of all series of a rule: arrays with a place for each series, of which nothing is allocated for a series and tick.
package struct DetectorBank: Sendable {
    /// What holds for all series of a rule.
    package struct Settings: Sendable, Equatable {
        package var detector: Rule.Detector
        /// Ten of the unit's typical amount in a tick: values of this size mean nothing by themselves. See ``unit(of:)``.
        package var unit: Double
        /// The score from which something is told; 1 is the specification's.
        package var threshold: Double
        /// Which sides are told of.
        package var sides: Set<DetectorSide>

        package init(detector: Rule.Detector = .tail, unit: Double, threshold: Double = 1, sides: Set<DetectorSide> = [.spike, .drop]) {
            self.detector = detector
            self.unit = unit
            self.threshold = threshold
            self.sides = sides
        }

        /// Ten of what is typical: packets, records and the like count by themselves; a packet is taken for 800 octets.
        package static func unit(of quantity: Rule.Quantity) -> Double { quantity == .bytes ? 8000 : 10 }
    }

    /// What is notable of a series in a tick.
    package struct Judged: Sendable, Equatable {
        package var slot: Int
        /// In units of the specification's threshold: 1 and more is anomalous.
        package var score: Double
        package var side: DetectorSide
        /// What was judged: the tick's value, or one smoothed over five minutes, or the mean of five minutes.
        package var value: Double
        package var expected: Double?
        /// The most, or for a drop the least, that would still be usual.
        package var limit: Double?
        /// `tailguard`, `record3` or `young`.
        package var judge: String
        package var isOpen: Bool
        package var hasOpened: Bool
        package var hasClosed: Bool
    }

    /// Far enough that nothing overflows.
    static let lastPossibleTick = Int64(Int32.max)

    package private(set) var settings: Settings
    /// The most series there can be.
    package let limit: Int
    /// How many series there are.
    package internal(set) var count = 0
    var tails: [TailGuard<Float>] = []
    var watches: [SeriesWatch] = []
    var youngs: [YoungGuard] = []
    /// Empty where none are asked for.
    var records: [RecordWatch] = []
    var free: [Int] = []
    var lastTick: Int64?

    /// - Parameter limit: at most so many series.
    package init(_ settings: Settings, limit: Int) {
        self.settings = settings
        self.limit = limit
    }

    /// The score from which something is told; it changes with the number of series.
    package var threshold: Double {
        get { settings.threshold }
        set { settings.threshold = newValue }
    }

    /// Memory that a series takes.
    package static func octetsPerSeries(_ detector: Rule.Detector) -> Int {
        let tail = MemoryLayout<TailGuard<Float>>.stride + MemoryLayout<YoungGuard>.stride + MemoryLayout<SeriesWatch>.stride
        return detector == .tail ? tail : tail + MemoryLayout<RecordWatch>.stride
    }

    var hasTails: Bool { settings.detector != .record }
    var hasRecords: Bool { settings.detector != .tail }

    /// Makes room for a series that begins with `tick`, 15-second ticks since 1970; its slot, or nil where there are as many series as there may be.
    package mutating func add(at tick: Int64) -> Int? {
        guard count < limit else { return nil }
        count += 1
        let watch = SeriesWatch(birth: min(max(tick, 0), Self.lastPossibleTick))
        if let slot = free.popLast() {
            tails[slot] = TailGuard()
            youngs[slot] = YoungGuard()
            if hasRecords { records[slot] = RecordWatch() }
            watches[slot] = watch
            return slot
        }
        tails.append(TailGuard())
        youngs.append(YoungGuard())
        if hasRecords { records.append(RecordWatch()) }
        watches.append(watch)
        return watches.count - 1
    }

    /// Forgets a series; its slot may be given to another.
    package mutating func remove(_ slot: Int) {
        guard watches.indices.contains(slot), watches[slot].isUsed else { return }
        watches[slot] = SeriesWatch()
        free.append(slot)
        count -= 1
    }

    /// Takes a tick of all series.
    ///
    /// - Parameters:
    ///   - values: of each slot, nan where there is no sample or no series; missing ones at the end, negative and boundless ones are none.
    ///   - tick: 15-second ticks since 1970; later than the last one, or nothing is done.
    /// - Returns: the series of which an alert opens, is open or closes.
    package mutating func take(_ values: [Double], tick: Int64) -> [Judged] {
        guard tick > lastTick ?? -1, tick <= Self.lastPossibleTick else { return [] }
        let place = TickPlace(tick + TickPlace.mondayBefore1970)
        endMissedHour(before: place)
        lastTick = tick
        var judged: [Judged] = []
        let notable = Float(min(SeriesHabits.leastScore, ScoreGate.near(settings.threshold)))
        for slot in watches.indices where watches[slot].isUsed {
            let value = slot < values.count && values[slot] >= 0 && values[slot] <= 1e30 ? Float(values[slot]) : .nan
            _ = take(value, of: slot, place, tick, notable: notable, &judged)
        }
        return judged
    }

    /// Takes a tick of a series; what its detectors say of it.
    @inline(__always)
    mutating func take(
        _ value: Float, of slot: Int, _ place: TickPlace, _ tick: Int64, notable: Float, _ judged: inout [Judged]
    ) -> (spike: SeriesOpinion, drop: SeriesOpinion) {
        let opinions = opinions(on: value, of: slot, place, tick)
        guard max(opinions.spike.score, opinions.drop.score) >= notable || watches[slot].isAttentive, !value.isNaN else { return opinions }
        decide(slot, opinions.spike, .spike, value, place, tick, &judged)
        decide(slot, opinions.drop, .drop, value, place, tick, &judged)
        return opinions
    }

    /// Where ticks are missing, an hour may have ended unseen.
    mutating func endMissedHour(before place: TickPlace) {
        guard let lastTick else { return }
        let last = TickPlace(lastTick + TickPlace.mondayBefore1970)
        guard last.hour != place.hour, !last.endsHour else { return }
        for slot in watches.indices where watches[slot].isUsed { tails[slot].endHour(last.bucket) }
    }
}
