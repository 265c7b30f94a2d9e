/// What is remembered of a series beside its detectors: when it began, which gates are open, and the level from which it departed.
struct SeriesWatch: Sendable, BitwiseCopyable {
    /// Ticks after a departure in which the level before it is home: a day.
    static let longestAbsence: Int64 = 5760

    /// The tick in which it began.
    var birth: Int64 = 0
    /// When it departed; -1: never.
    private(set) var departedAt: Int64 = -1
    /// Logarithm of the level's ratio to the profile when it departed.
    private(set) var home: Float = 0
    /// To which side.
    private(set) var departure = DetectorSide.spike
    var spike = ScoreGate()
    var drop = ScoreGate()
    var isUsed = false

    init() {}

    init(birth: Int64) {
        self.birth = birth
        isUsed = true
    }

    /// Whether the next scores matter, however low they are.
    var isAttentive: Bool { spike.isAttentive || drop.isAttentive }

    subscript(side: DetectorSide) -> ScoreGate {
        get { side == .spike ? spike : drop }
        set { if side == .spike { spike = newValue } else { drop = newValue } }
    }

    /// The level that a move to `side` may only lead back to; nil where it left none in the last day.
    func home(against side: DetectorSide, at tick: Int64) -> Float? {
        departedAt >= 0 && departure != side && tick - departedAt <= Self.longestAbsence ? home : nil
    }

    /// Remembers the level that a series leaves; the first one where it leaves to the same side again.
    mutating func depart(_ side: DetectorSide, from level: Float, at tick: Int64) {
        if departedAt >= 0, departure == side, tick - departedAt <= Self.longestAbsence { return }
        (departure, home, departedAt) = (side, level, tick)
    }
}

extension SeriesWatch {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(UInt8(isUsed ? 1 : 0))
        guard isUsed else { return }
        writer.write(birth)
        writer.write(departedAt)
        writer.write(home)
        writer.write(departure.rawValue)
        for gate in [spike, drop] {
            writer.write(UInt8(gate.isOpen ? 1 : 0))
            writer.write(gate.count)
        }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        guard try reader.readFlag() else { return }
        isUsed = true
        birth = try reader.read(in: 0...DetectorBank.lastPossibleTick)
        departedAt = try reader.read(in: -1...DetectorBank.lastPossibleTick)
        home = try reader.read(in: ratioRange)
        departure = try reader.readFlag() ? .drop : .spike
        for side in DetectorSide.allCases {
            guard let gate = ScoreGate(isOpen: try reader.readFlag(), count: try reader.read()) else { throw DetectorStateReader.Damage() }
            self[side] = gate
        }
    }
}
