/// To which side a series left what is usual for it.
package enum DetectorSide: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case spike
    case drop
}

/// Opens at a score of the threshold, and closes after so many ticks in a row below half of it: two octets for each series.
struct ScoreGate: Sendable, BitwiseCopyable, Equatable {
    /// Ticks in a row below half of the threshold, after which it closes.
    static let ticksToClose: UInt8 = 20

    var isOpen = false
    /// While it is open: ticks in a row below half of the threshold.
    var below: UInt8 = 0

    mutating func open() { self = ScoreGate(isOpen: true) }

    /// Takes the score of a tick while it is open; whether it closed with it.
    mutating func closes(with score: Double, threshold: Double) -> Bool {
        below = score < threshold / 2 ? below + 1 : 0
        if below >= Self.ticksToClose { self = ScoreGate() }
        return !isOpen
    }
}
