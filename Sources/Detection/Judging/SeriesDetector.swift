/// Detectors over one series that somebody gives, row by row.
package struct SeriesDetector: Sendable {
    /// How far rows are apart.
    package enum Tick: Int64, Sendable, CaseIterable {
        case fifteenSeconds = 15
        case fiveMinutes = 300
    }

    /// What came of a row.
    package struct Outcome: Sendable {
        /// In units of the threshold of the specification.
        package var score: Double
        package var side: DetectorSide
        package var isOpen: Bool
        package var hasOpened: Bool
    }

    private let tick: Tick
    private let detector: Rule.Detector
    private let unit: Double
    private var bank: DetectorBank
    private var isOpen = false
    // Of rows five minutes apart.
    private var tail = TailGuard<Double>()
    private var record = Record3<Double>()
    private var gate = ScoreGate()
    private var last: Int64?
    private var first: Int64?

    /// - Parameter unit: ten of the unit's typical amount in a tick.
    package init(tick: Tick, detector: Rule.Detector, unit: Double = 10) {
        self.tick = tick
        self.detector = detector
        self.unit = unit
        bank = DetectorBank(DetectorBank.Settings(detector: detector, unit: unit), limit: 1)
    }

    /// Takes a row, later than the one before it.
    ///
    /// - Parameters:
    ///   - value: nil: no sample. A ``TailGuard`` takes one below 0 for 0.
    ///   - second: since 1970.
    package mutating func take(_ value: Double?, second: Int64) -> Outcome {
        let number = second / tick.rawValue
        defer { last = number }
        if first == nil {
            first = number
            _ = bank.add(at: number)
        }
        return tick == .fifteenSeconds ? takeTick(value, number) : takeFiveMinutes(value, number)
    }

    private mutating func takeTick(_ value: Double?, _ number: Int64) -> Outcome {
        let (score, side, judged) = bank.takeOne(value.map { max($0, 0) } ?? .nan, tick: number)
        let wasOpen = isOpen
        for judged in judged { isOpen = judged.isOpen }
        if judged.count > 1 { isOpen = judged.contains(where: \.isOpen) }
        return Outcome(score: score, side: side, isOpen: isOpen, hasOpened: isOpen && !wasOpen)
    }

    private mutating func takeFiveMinutes(_ value: Double?, _ number: Int64) -> Outcome {
        var outcome = Outcome(score: 0, side: .spike, isOpen: gate.isOpen, hasOpened: false)
        let place = TickPlace(number + 3 * 288, ticksPerDay: 288)
        if let last {
            let before = TickPlace(last + 3 * 288, ticksPerDay: 288)
            if before.hour != place.hour, !before.endsHour { tail.endHour(before.bucket) }
        }
        if detector != .record {
            let scores = tail.take(value.map { max($0, 0) } ?? .nan, at: place, isSilent: number - (first ?? number) <= 576, isWary: true, unit: unit)
            outcome.score = scores.highest
            outcome.side = scores.drop > scores.spike ? .drop : .spike
        }
        if detector != .tail, let value {
            let expected = record.expected(second: number * 300)
            let score = record.take(value, second: number * 300) / Record3<Double>.threshold
            if score > outcome.score { (outcome.score, outcome.side) = (score, value < expected ? .drop : .spike) }
        }
        guard value != nil else { return outcome }
        if gate.isOpen {
            _ = gate.closes(with: outcome.score, threshold: 1)
        } else if gate.wantsToOpen(with: outcome.score, isSlow: true, threshold: 1) {
            gate.open()
            outcome.hasOpened = true
        }
        outcome.isOpen = gate.isOpen
        return outcome
    }
}

extension DetectorBank {
    /// Takes a tick of a bank with one series: its higher score, and what is notable.
    fileprivate mutating func takeOne(_ value: Double, tick: Int64) -> (score: Double, side: DetectorSide, judged: [Judged]) {
        let place = TickPlace(tick + TickPlace.mondayBefore1970)
        endMissedHour(before: place)
        lastTick = tick
        var judged: [Judged] = []
        let opinions = take(Float(value), of: 0, place, tick, notable: Float(ScoreGate.near(settings.threshold)), &judged)
        let isDrop = opinions.drop.score > opinions.spike.score
        return (Double(max(opinions.spike.score, opinions.drop.score)), isDrop ? .drop : .spike, judged)
    }
}
