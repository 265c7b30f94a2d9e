import Foundation

/// Judges each value of a series by what the *hourly maxima* of that very series do (`shared/detection/README.md`, "TailGuard").
///
/// One value a tick, of which a whole number makes an hour; hours and weekdays are UTC's. A tick without a sample (the exporter was down) is told as `nil`;
/// an exporter that lives and sees nothing is 0. `Real` is what it remembers in: `Float` takes half of the memory, `Double` agrees with the reference.
package struct TailGuard<Real: BinaryFloatingPoint & BitwiseCopyable & Sendable>: Sendable {
    /// What a value was found to be.
    package enum Side: UInt8, Sendable, CaseIterable {
        case spike
        case drop
        case slowRise = 2
        case slowDrop
    }

    /// The verdict on a value.
    package struct Verdict: Sendable {
        /// 0 where nothing is unusual; 1 and more is anomalous.
        package var score: Double
        package var side: Side
        /// What was expected, in the value's unit; nil for the first value and where there was none.
        package var expected: Double?
    }

    /// What holds for all series of a kind.
    package struct Constants: Sendable {
        package var ticksPerDay = 5760
        /// Ticks of a series' life for which it says nothing.
        package var silence = 11_520
        /// Ten of the unit's typical amount: values of this size mean nothing by themselves.
        package var unit = 10.0

        package init() {}

        var ticksPerHour: Int { ticksPerDay / 24 }
    }

    // The names of `reference.py` stand behind.
    private static var floor: Double { 0.25 }  // S_FLOOR
    private static var spreadGain: Double { 2.5 }  // K0
    private static var tailGain: Double { 9 }  // K1
    private static var memory: Double { 168 }  // NMAX
    private static var mostSpreads: Double { 4 }  // WINS
    private static var warmth: UInt8 { 12 }  // WARM
    private static var leastActivity: Double { 0.9 }  // ACT_MIN
    private static var share: Double { 0.1 }  // KAPPA_F
    private static var profileGain: Double { 0.2 }  // GAM
    private static var levelGain: Double { 2.0 / 161 }  // LV
    private static var alarmedLevelGain: Double { 0.3 }  // LV_Q
    private static var slowGain: Double { 2.0 / 21 }  // SLOW
    private static var alarmedGain: Double { 0.5 }  // LEARN
    private static var alarm: Double { 0.8 }  // INNER

    private var profile = InlineArray<48, Real>(repeating: 0)
    private var visits = InlineArray<48, UInt8>(repeating: 0)
    private var mean = InlineArray<4, Real>(repeating: 0)
    private var variance = InlineArray<4, Real>(repeating: 0)
    private var maximum = InlineArray<4, Real>(repeating: -1e9)
    private var hours = InlineArray<4, UInt8>(repeating: 0)
    private var alarmed: UInt8 = 0
    private var wasActive = false
    private var hourCount: UInt16 = 0
    private var samples: UInt32 = 0
    private var hourSum: Real = 0
    private var activity: Real = 0
    private var level: Real = 0  // gm
    private var slow: Real = 0  // xs
    private var slowExpected: Real = 0  // es
    private var recent: Real = 0  // ex
    private var recentExpected: Real = 0  // ee

    /// A series of which nothing is known.
    package init() {}

    private func expected(_ bucket: Int) -> Double {
        if visits[bucket] > 0 { return Double(profile[bucket]) }
        let other = bucket < 24 ? bucket + 24 : bucket - 24
        return visits[other] > 0 ? Double(profile[other]) : Double(level)
    }

    /// Takes the value of a tick.
    ///
    /// - Parameters:
    ///   - value: at least 0; nil: no sample.
    ///   - tick: counted from a Monday, 00:00 UTC.
    ///   - birth: the tick in which the series began, for its time of silence.
    package mutating func take(_ value: Double?, tick: Int, birth: Int = 0, _ constants: Constants) -> Verdict {
        let perHour = constants.ticksPerHour
        let inDay = tick % constants.ticksPerDay
        let hour = inDay / perHour
        let weekend = (tick / constants.ticksPerDay) % 7 >= 5 ? 24 : 0
        var verdict = Verdict(score: 0, side: .spike, expected: nil)
        if let value { judge(value, tick, birth, inDay, hour, weekend, constants, &verdict) }
        if (tick + 1) % perHour == 0 { endHour(hour + weekend) }
        return verdict
    }

    private mutating func judge(
        _ value: Double, _ tick: Int, _ birth: Int, _ inDay: Int, _ hour: Int, _ weekend: Int, _ constants: Constants, _ verdict: inout Verdict
    ) {
        let isFirst = samples == 0
        if samples < .max { samples += 1 }
        if isFirst { level = Real(value) }
        let gain = max(1 / Double(samples), 1 / Double(2 * constants.ticksPerDay))
        let place = Double(inDay % constants.ticksPerHour) / Double(constants.ticksPerHour) - 0.5
        let weight = abs(place)
        let neighbour = (place > 0 ? hour + 1 : hour + 23) % 24
        var seasonal = expected(hour + weekend) * (1 - weight) + expected(neighbour + weekend) * weight
        if isFirst {
            (slow, slowExpected, recent, recentExpected) = (Real(value), Real(value), Real(value), Real(value))
            seasonal = value
        }
        let offset = Self.share * Double(level) + constants.unit
        let expected = seasonal * (Double(recent) + offset) / (Double(recentExpected) + offset)
        slow += Real(Self.slowGain * (value - Double(slow)))
        slowExpected += Real(Self.slowGain * (expected - Double(slowExpected)))
        let fast = log((value + offset) / (expected + offset))
        let sustained = log((Double(slow) + offset) / (Double(slowExpected) + offset))
        verdict.expected = isFirst ? nil : expected

        if tick > birth + constants.silence {
            let isActive = Double(activity) >= Self.leastActivity
            for side in Side.allCases {
                let channel = Int(side.rawValue)
                let isDrop = channel & 1 != 0
                guard hours[channel] >= Self.warmth, !isDrop || isActive else { continue }
                let ratio = channel < 2 ? fast : sustained
                let spread = Double(variance[channel]).squareRoot()
                let band = Self.floor + Self.spreadGain * spread + Self.tailGain * spread * spread
                let score = ((isDrop ? -ratio : ratio) - Double(mean[channel])) / band
                if score >= Self.alarm { alarmed |= 1 << UInt8(channel) }
                if score > verdict.score {
                    verdict.score = score
                    verdict.side = side
                }
            }
        }
        maximum[0] = max(maximum[0], Real(fast))
        maximum[1] = max(maximum[1], Real(-fast))
        maximum[2] = max(maximum[2], Real(sustained))
        maximum[3] = max(maximum[3], Real(-sustained))
        let learned = bounded(value, expected, offset)
        let levelGain = Self.levelGain * (verdict.score >= Self.alarm ? Self.alarmedLevelGain : 1)
        recent += Real(levelGain * (value - Double(recent)))
        recentExpected += Real(levelGain * (seasonal - Double(recentExpected)))
        level += Real(gain * (learned - Double(level)))
        activity += Real(gain * ((value > 0 ? 1 : 0) - Double(activity)))
        if value > 0 { wasActive = true }
        hourSum += Real(learned)
        hourCount &+= 1
    }

    /// A value as the slow baselines learn it: no further off than hourly maxima are.
    private func bounded(_ value: Double, _ expected: Double, _ offset: Double) -> Double {
        guard hours[0] >= Self.warmth else { return value }
        let high = (expected + offset) * exp(Double(mean[0]) + 3 * (Double(variance[0]).squareRoot() + 0.05)) - offset
        let low = (expected + offset) * exp(-(Double(mean[1]) + 3 * (Double(variance[1]).squareRoot() + 0.05))) - offset
        let below = value > high ? high : value
        return below < low ? low : below
    }

    private mutating func endHour(_ bucket: Int) {
        if hourCount > 0 {
            let hourly = Double(hourSum) / Double(hourCount)
            if visits[bucket] == 0 {
                profile[bucket] = Real(hourly)
            } else {
                profile[bucket] += Real(max(Self.profileGain, 1 / Double(visits[bucket] + 1)) * (hourly - Double(profile[bucket])))
            }
            // From five on it makes no difference.
            if visits[bucket] < 8 { visits[bucket] += 1 }
            for channel in 0..<4 where channel & 1 != 0 || wasActive { learnMaximum(channel) }
        }
        hourSum = 0
        hourCount = 0
        wasActive = false
        maximum = InlineArray(repeating: -1e9)
    }

    private mutating func learnMaximum(_ channel: Int) {
        let center = Double(mean[channel])
        var found = Double(maximum[channel])
        if hours[channel] >= Self.warmth {
            let most = Self.mostSpreads * (Double(variance[channel]).squareRoot() + 0.05)
            found = max(min(found, center + most), center - most)
        }
        if hours[channel] < UInt8(Self.memory) { hours[channel] += 1 }
        let wasAlarmed = alarmed & 1 << UInt8(channel) != 0
        alarmed &= ~(1 << UInt8(channel))
        let gain = max(1 / Double(hours[channel]), 1 / Self.memory) * (wasAlarmed ? Self.alarmedGain : 1)
        let difference = found - center
        mean[channel] += Real(gain * difference)
        variance[channel] = Real((1 - gain) * (Double(variance[channel]) + gain * difference * difference))
    }
}
