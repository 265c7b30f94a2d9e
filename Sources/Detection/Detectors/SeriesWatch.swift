/// What is remembered of a series beside its detectors: when it began, which gates are open, the level from which it departed, and whether samples were missing.
struct SeriesWatch: Sendable, BitwiseCopyable {
    /// Ticks after a departure in which the level before it is home: a day.
    static let longestAbsence: Int64 = 5760
    /// Ticks after missing samples in which it comes back by and by: five minutes.
    private static let settlingTicks: UInt8 = 20
    /// Logarithm of half as much again: nearer than that to its home it has returned.
    private static let homecoming: Float = 0.4

    /// -1: a place without a series.
    private var birthTick: Int32 = -1
    /// -1: it never departed.
    private var departureTick: Int32 = -1
    /// Logarithm of the level's ratio to the profile when it departed.
    private var home: Float = 0
    private var departure = DetectorSide.spike
    private var spike = ScoreGate()
    private var drop = ScoreGate()
    private var ticksToSettle: UInt8 = 0
    var habits = SeriesHabits()

    /// A place without a series.
    init() {}

    /// - Parameter birth: when it began.
    init(birth: Int64) {
        birthTick = Int32(clamping: birth)
    }

    var isUsed: Bool { birthTick >= 0 }

    /// The tick in which it began.
    var birth: Int64 { Int64(birthTick) }

    /// Whether the next scores matter, however low they are.
    var isAttentive: Bool { spike.isAttentive || drop.isAttentive }

    subscript(side: DetectorSide) -> ScoreGate {
        get { side == .spike ? spike : drop }
        set { if side == .spike { spike = newValue } else { drop = newValue } }
    }

    /// The level that a move to `side` may only lead back to; nil where it left none in the last day.
    func home(against side: DetectorSide, at tick: Int64) -> Float? {
        departure != side && hasDeparted(at: tick) ? home : nil
    }

    /// Remembers the level that a series leaves; the first one where it leaves to the same side again and hasn't returned.
    mutating func depart(_ side: DetectorSide, from level: Float, at tick: Int64) {
        let isAway = departure == side && hasDeparted(at: tick) && abs(level - home) > Self.homecoming
        if !isAway { (departure, home) = (side, level) }
        departureTick = Int32(clamping: tick)
    }

    /// Takes note of the level when nothing is told of. Back at its home, a series has no way home for longer than half the time that it was away: what moves it
    /// later, whatever its alert was, is another thing.
    ///
    /// - Parameter width: logarithm of what makes an alert: nearer than half of that it is home.
    mutating func comeHome(at level: @autoclosure () -> Float, width: @autoclosure () -> Float, tick: Int64) {
        guard departureTick >= 0, !spike.isOpen, !drop.isOpen, abs(level() - home) <= min(Self.homecoming, width() / 2) else { return }
        let forgottenAt = tick + (tick - Int64(departureTick)) / 2
        departureTick = min(departureTick, Int32(clamping: max(forgottenAt - Self.longestAbsence, -1)))
    }

    /// Whether samples were missing in the last five minutes.
    var isSettling: Bool { ticksToSettle > 0 }

    /// Takes note of a tick, and whether it has a sample.
    mutating func settle(hasSample: Bool) {
        if !hasSample { ticksToSettle = Self.settlingTicks + 1 } else if ticksToSettle > 0 { ticksToSettle -= 1 }
    }

    /// Forgets a departure that lies beyond a tick.
    mutating func forgetDepartures(after tick: Int64) {
        if Int64(departureTick) > tick { departureTick = -1 }
    }

    private func hasDeparted(at tick: Int64) -> Bool {
        departureTick >= 0 && tick - Int64(departureTick) <= Self.longestAbsence
    }
}

extension SeriesWatch {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(UInt8(isUsed ? 1 : 0))
        guard isUsed else { return }
        writer.write(birthTick)
        writer.write(departureTick)
        writer.write(home)
        writer.write(departure.rawValue)
        writer.write(spike.state)
        writer.write(drop.state)
        writer.write(ticksToSettle)
        habits.write(to: &writer)
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        guard try reader.readFlag() else {
            self.init()
            return
        }
        self.init(birth: Int64(try reader.read(in: 0...Int32.max)))
        departureTick = try reader.read(in: -1...Int32.max)
        home = try reader.read(in: ratioRange)
        departure = try reader.readFlag() ? .drop : .spike
        for side in DetectorSide.allCases {
            guard let gate = ScoreGate(state: try reader.read()) else { throw DetectorStateReader.Damage() }
            self[side] = gate
        }
        ticksToSettle = try reader.read(in: 0...Self.settlingTicks + 1)
        habits = try SeriesHabits(from: &reader)
    }
}
