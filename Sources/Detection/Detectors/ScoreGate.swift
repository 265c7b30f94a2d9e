/// Opens at a score of the threshold, or at two in a row that are near it, and closes after twenty ticks in a row below half of it: two octets for each series.
struct ScoreGate: Sendable, BitwiseCopyable, Equatable {
    /// Ticks in a row below half of the threshold, after which it closes.
    static let ticksToClose: UInt8 = 20
    /// Share of the threshold from which a score counts as near. Noise rarely gets there twice in a row: that finds one event in fifty more, for no more false alarms.
    static let near = 0.8
    /// As much for the smoothed values, whose scores follow one another closely.
    static let nearWhenSlow = 0.95

    private(set) var isOpen = false
    /// While it is open: ticks in a row below half of the threshold. Else: 1 where the last score was near.
    private(set) var count: UInt8 = 0

    init() {}

    /// nil: there is none such.
    init?(isOpen: Bool, count: UInt8) {
        guard count < (isOpen ? Self.ticksToClose : 2) else { return nil }
        self.isOpen = isOpen
        self.count = count
    }

    /// Whether the next score matters, however low it is.
    var isAttentive: Bool { isOpen || count > 0 }

    /// Takes the score of a tick while it is closed; whether it should open. `isSlow`: it is that of smoothed values.
    mutating func wantsToOpen(with score: Double, isSlow: Bool, threshold: Double) -> Bool {
        let isNear = score >= (isSlow ? Self.nearWhenSlow : Self.near) * threshold
        let wasNear = count > 0
        count = isNear ? 1 : 0
        return score >= threshold || isNear && wasNear
    }

    mutating func open() { (isOpen, count) = (true, 0) }

    /// Takes the score of a tick while it is open; whether it closed with it.
    mutating func closes(with score: Double, threshold: Double) -> Bool {
        count = score < threshold / 2 ? count + 1 : 0
        if count >= Self.ticksToClose { self = ScoreGate() }
        return !isOpen
    }
}
