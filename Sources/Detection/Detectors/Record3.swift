import Foundation

/// Judges each value of a series by the records that it sets: of the value, and of its smoothed distance from the hour's usual one, as a difference and as a
/// ratio (`shared/detection/README.md`, "Record3"). One value in five minutes.
package struct Record3<Real: DetectorReal>: Sendable {
    /// From here on a score is an alert (NAB's optimum).
    package static var threshold: Double { 0.0133 }

    private static var weight: Double { 0.2 }
    private static var holdOff: UInt16 { 60 }
    private static var escalation: Double { 1.5 }
    private static var profileGain: Double { 0.1 }
    private static var smoothing: Double { 2.0 / 25 }
    private static var warmth: UInt32 { 5 }
    private static var smoothWarmth: UInt32 { 200 }

    /// What a signal's values lay between.
    struct Range: BitwiseCopyable {
        var low: Real = 0
        var high: Real = 0
        /// Samples since a value was near the end.
        var lowAge: UInt16 = 0
        var highAge: UInt16 = 0

        /// How far a value lies outside, in widths of the range, which then holds it.
        mutating func excess(of value: Real) -> Double {
            let width = Double(high) - Double(low)
            let excess = max(Double(value) - Double(high), Double(low) - Double(value))
            low = min(low, value)
            high = max(high, value)
            return width > 0 && excess > 0 ? excess / width : 0
        }

        /// Lets an end to which nothing came for ten days recede, by half in two and a half days: what comes each week holds it.
        mutating func forget(_ value: Real) {
            let margin = (high - low) / 10
            highAge = value >= high - margin ? 0 : highAge &+ (highAge < .max ? 1 : 0)
            lowAge = value <= low + margin ? 0 : lowAge &+ (lowAge < .max ? 1 : 0)
            if highAge > 2880 { high -= (high - low) / 1000 }
            if lowAge > 2880 { low += (high - low) / 1000 }
        }
    }

    var profile = InlineArray<48, Real>(repeating: 0)
    var visits = InlineArray<48, UInt8>(repeating: 0)
    var samples: UInt32 = 0
    var quiet: UInt16 = 0
    var hasRanges = false
    var hasSmoothRanges = false
    var level: Real = 0
    var size: Real = 0
    var difference: Real = 0
    var ratio: Real = 0
    var peak: Real = 0
    var values = Range()
    var differences = Range()
    var ratios = Range()

    /// A series of which nothing is known.
    package init() {}

    /// Takes the value of five minutes; its score, 0 where it sets no record or an alert has just told of a like one.
    ///
    /// - Parameters:
    ///   - second: of the value, since 1970.
    ///   - forgets: whether the ranges narrow again, as they must over months; `reference.py` doesn't.
    package mutating func take(_ value: Double, second: Int64, forgets: Bool = false) -> Double {
        let bucket = Self.bucket(second)
        if samples == 0 { (level, size) = (Real(value), Real(abs(value))) }
        let expected = expected(bucket)
        let offset = 0.05 * Double(size) + 1e-12
        difference += Real(Self.smoothing * ((value - expected) - Double(difference)))
        ratio += Real(Self.smoothing * (log((max(value, 0) + offset) / (max(expected, 0) + offset)) - Double(ratio)))
        learn(value, bucket)
        let score = score(value)
        if samples < .max { samples += 1 }
        if forgets { forget(value) }
        return announced(score)
    }

    /// Hour of the day, at the weekend 24 more.
    private static func bucket(_ second: Int64) -> Int {
        let hour = Int(second % 86_400) / 3600
        return (second / 86_400 + 3) % 7 >= 5 ? hour + 24 : hour
    }

    /// What is usual at a time, seconds since 1970.
    package func expected(second: Int64) -> Double { expected(Self.bucket(second)) }

    private mutating func forget(_ value: Double) {
        if hasRanges { values.forget(Real(value)) }
        guard hasSmoothRanges else { return }
        differences.forget(difference)
        ratios.forget(ratio)
    }

    private func expected(_ bucket: Int) -> Double {
        if visits[bucket] > 0 { return Double(profile[bucket]) }
        let other = bucket < 24 ? bucket + 24 : bucket - 24
        return visits[other] > 0 ? Double(profile[other]) : Double(level)
    }

    private mutating func learn(_ value: Double, _ bucket: Int) {
        if visits[bucket] == 0 {
            profile[bucket] = Real(value)
        } else {
            profile[bucket] += Real(max(Self.profileGain, 1 / Double(visits[bucket] + 1)) * (value - Double(profile[bucket])))
        }
        // From ten on it makes no difference.
        if visits[bucket] < 16 { visits[bucket] += 1 }
        let count = Double(samples) + 1
        level += Real(max(0.01, 1 / count) * (value - Double(level)))
        size += Real(max(0.001, 1 / count) * (abs(value) - Double(size)))
    }

    private mutating func score(_ value: Double) -> Double {
        var score = 0.0
        if samples >= Self.warmth {
            if hasRanges {
                score = values.excess(of: Real(value))
            } else {
                values = Range(low: Real(value), high: Real(value))
                hasRanges = true
            }
        }
        if samples >= Self.smoothWarmth {
            if hasSmoothRanges {
                score = max(score, Self.weight * differences.excess(of: difference), Self.weight * ratios.excess(of: ratio))
            } else {
                differences = Range(low: difference, high: difference)
                ratios = Range(low: ratio, high: ratio)
                hasSmoothRanges = true
            }
        }
        return score
    }

    /// Only the first score of an episode, or one half as high again as its highest; an episode ends five hours after the last high one.
    private mutating func announced(_ score: Double) -> Double {
        if quiet < .max { quiet += 1 }
        if quiet > Self.holdOff { peak = 0 }
        if score > Double(peak) * Self.escalation {
            peak = max(peak, Real(score))
            quiet = 0
            return score
        }
        if peak > 0, score > 0.5 * Double(peak) { quiet = 0 }
        return 0
    }
}
