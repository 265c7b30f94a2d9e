/// What the detectors say of a series in a tick, to one side: the highest score, and whose it is.
struct SeriesOpinion {
    /// Whose score it is.
    enum Judge: String {
        case tailguard
        case record3
        case young
    }

    var score: Float = 0
    /// Whether it is that of the values smoothed over five minutes.
    var isSlow = false
    var judge = Judge.tailguard

    /// Takes a further one, if it is higher.
    mutating func hear(_ score: Float, isSlow: Bool, from judge: Judge) {
        if score > self.score { self = SeriesOpinion(score: score, isSlow: isSlow, judge: judge) }
    }
}

/// From a ``YoungGuard`` to a ``TailGuard``, by and by.
enum HandOver {
    /// Ticks of a series' life after which its TailGuard knows its day: two days.
    static let end: Int64 = 11_520
    /// Half a day: before that no TailGuard speaks, as it has not seen twelve hours.
    private static let start: Int64 = 2880

    /// Of a series of an age in ticks: what its TailGuard's scores are multiplied with, of spikes from 0.4 to 1, of drops from 0 to 1. Most of it comes in the
    /// last hours, of drops later still. A YoungGuard's count as they are, until the end.
    static func weights(age: Int64) -> (spike: Float, drop: Float) {
        let share = Float(min(max(age - start, 0), end - start)) / Float(end - start)
        let late = share * share * share * share
        return (0.4 + 0.6 * late, late * late)
    }
}
