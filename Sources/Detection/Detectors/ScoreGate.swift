/// Opens at a score of the threshold, or at two in a row that are near it, and closes after twenty ticks in a row below half of it: an octet for each series.
struct ScoreGate: Sendable, BitwiseCopyable, Equatable {
    /// Ticks in a row below half of the threshold, after which it closes.
    static let ticksToClose: UInt8 = 20
    /// The score from which one counts as near: by 0.4 below the threshold. Noise rarely gets there twice in a row: that finds one event in a hundred more, for
    /// few more false alarms. Of smoothed values, whose scores follow one another closely, a twentieth below.
    static func near(_ threshold: Double, isSlow: Bool = false) -> Double {
        isSlow ? 0.95 * threshold : max(threshold - 0.4, 0.6 * threshold)
    }

    /// 0: closed. 1: closed, the last score was near. From 2 on: open, and how many ticks in a row were below half of the threshold; 128 more: without telling.
    private(set) var state: UInt8 = 0
    private static let mute: UInt8 = 128

    init() {}

    /// nil: there is none such.
    init?(state: UInt8) {
        guard state & ~Self.mute < 2 + Self.ticksToClose, state != Self.mute, state != Self.mute + 1 else { return nil }
        self.state = state
    }

    var isOpen: Bool { state >= 2 }

    /// Whether the next score matters, however low it is.
    var isAttentive: Bool { state > 0 }

    /// Takes the score of a tick while it is closed; whether it should open. `isSlow`: it is that of smoothed values.
    mutating func wantsToOpen(with score: Double, isSlow: Bool, threshold: Double) -> Bool {
        let isNear = score >= Self.near(threshold, isSlow: isSlow)
        let wasNear = state == 1
        state = isNear ? 1 : 0
        return score >= threshold || isNear && wasNear
    }

    /// Whether it is open without anything being told of it.
    var isMute: Bool { state & Self.mute != 0 }

    mutating func open(isMute: Bool = false) { state = isMute ? Self.mute + 2 : 2 }

    /// Takes the score of a tick while it is open; whether it closed with it.
    mutating func closes(with score: Double, threshold: Double) -> Bool {
        let mute = state & Self.mute
        let count = score < threshold / 2 ? state - mute + 1 : 2
        state = count >= 2 + Self.ticksToClose ? 0 : mute + count
        return !isOpen
    }
}
