/// Opens at a score of the threshold, or at two in a row that are near it, and closes after twenty ticks in a row below half of it: an octet for each series.
struct ScoreGate: Sendable, BitwiseCopyable, Equatable {
    /// Ticks in a row below half of the threshold, after which it closes.
    static let ticksToClose: UInt8 = 20
    /// Share of the threshold from which a score counts as near. Noise rarely gets there twice in a row: that finds one event in a hundred more, for no more
    /// false alarms.
    static let near = 0.8
    /// As much for the smoothed values, whose scores follow one another closely.
    static let nearWhenSlow = 0.95

    /// 0: closed. 1: closed, the last score was near. From 2 on: open, and how many ticks in a row were below half of the threshold.
    private(set) var state: UInt8 = 0

    init() {}

    /// nil: there is none such.
    init?(state: UInt8) {
        guard state < 2 + Self.ticksToClose else { return nil }
        self.state = state
    }

    var isOpen: Bool { state >= 2 }

    /// Whether the next score matters, however low it is.
    var isAttentive: Bool { state > 0 }

    /// Takes the score of a tick while it is closed; whether it should open. `isSlow`: it is that of smoothed values.
    mutating func wantsToOpen(with score: Double, isSlow: Bool, threshold: Double) -> Bool {
        let isNear = score >= (isSlow ? Self.nearWhenSlow : Self.near) * threshold
        let wasNear = state == 1
        state = isNear ? 1 : 0
        return score >= threshold || isNear && wasNear
    }

    mutating func open() { state = 2 }

    /// Takes the score of a tick while it is open; whether it closed with it.
    mutating func closes(with score: Double, threshold: Double) -> Bool {
        state = score < threshold / 2 ? state + 1 : 2
        if state >= 2 + Self.ticksToClose { state = 0 }
        return !isOpen
    }
}
