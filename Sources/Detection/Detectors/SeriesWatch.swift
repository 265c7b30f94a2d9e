/// What is remembered of a series beside its detectors: when it began, which gates are open, and the level before the last opening.
struct SeriesWatch: Sendable, BitwiseCopyable {
    /// The tick in which it began.
    var birth: Int64 = 0
    var isUsed = false
    var spike = ScoreGate()
    var drop = ScoreGate()
    /// To which side it last opened.
    var departure = DetectorSide.spike
    /// Logarithm of the level's ratio to the profile when it last opened.
    var homeRatio: Float = 0
    /// When it last opened; -1: never.
    var departedAt: Int64 = -1

    var isOpen: Bool { spike.isOpen || drop.isOpen }
}
