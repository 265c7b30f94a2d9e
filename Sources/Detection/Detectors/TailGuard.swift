/// Judges each value of a series by what the *hourly maxima* of that very series do (`shared/detection/README.md`, "TailGuard").
///
/// One value a tick, of which a whole number makes an hour; hours and weekdays are UTC's. A tick without a sample (the exporter was down) is told as `nan`;
/// an exporter that lives and sees nothing is 0.
package struct TailGuard<Real: DetectorReal>: Sendable {
    /// How unusual a value is to either side: 0 where nothing is; 1 and more is anomalous.
    package struct Scores: Sendable {
        package var spike: Real = 0
        package var drop: Real = 0
        /// Whether the higher score is that of the values smoothed over five minutes.
        package var spikeIsSlow = false
        package var dropIsSlow = false

        /// The higher of the two.
        package var highest: Real { max(spike, drop) }
    }

    /// What a value was compared with.
    package struct Comparison: Sendable {
        /// The value, smoothed where that is what was judged.
        package var value: Double
        package var expected: Double
        /// The most, or for a drop the least, that has a score below the threshold.
        package var limit: Double
    }

    // The names of `reference.py` stand behind.
    private static var floor: Real { 0.25 }  // S_FLOOR
    private static var spreadGain: Real { 2.5 }  // K0
    private static var tailGain: Real { 9 }  // K1
    private static var memory: UInt8 { 168 }  // NMAX
    private static var mostSpreads: Real { 4 }  // WINS
    private static var warmth: UInt8 { 12 }  // WARM
    private static var leastActivity: Real { 0.9 }  // ACT_MIN
    private static var share: Real { 0.1 }  // KAPPA_F
    private static var profileGain: Real { 0.2 }  // GAM
    private static var levelGain: Real { 2 / 161 }  // LV
    private static var alarmedLevelGain: Real { 0.3 }  // LV_Q
    private static var slowGain: Real { 2 / 21 }  // SLOW
    private static var alarmedGain: Real { 0.5 }  // LEARN
    private static var alarm: Real { 0.8 }  // INNER

    // Channels: 0 spike, 1 drop, 2 slow rise, 3 slow drop.
    var mean = SIMD4<Real>(repeating: 0)  // mu
    var variance = SIMD4<Real>(repeating: 0)  // va
    var maximum = SIMD4<Real>(repeating: -1e9)  // bm
    var profile = InlineArray<48, Real>(repeating: 0)
    /// Two buckets in an octet.
    private var packedVisits = InlineArray<24, UInt8>(repeating: 0)  // pc
    var hours = SIMD4<UInt8>(repeating: 0)  // nb
    var alarmed: UInt8 = 0
    var wasActive = false
    var hourCount: UInt16 = 0
    var samples: UInt32 = 0
    var hourSum: Real = 0
    var activity: Real = 0
    var level: Real = 0  // gm
    var slow: Real = 0  // xs
    var slowExpected: Real = 0  // es
    var recent: Real = 0  // ex
    var recentExpected: Real = 0  // ee

    /// A series of which nothing is known.
    package init() {}

    /// Takes the value of a tick.
    ///
    /// - Parameters:
    ///   - value: at least 0; nan: no sample.
    ///   - isSilent: whether the series is too young to be judged.
    ///   - isWary: whether the slow baselines learn what was expected while there is too much, where the specification has them learn a bounded part of it.
    ///   - unit: ten of the unit's typical amount: values of this size mean nothing by themselves.
    package mutating func take(_ value: Real, at place: TickPlace, isSilent: Bool = false, isWary: Bool = false, unit: Real) -> Scores {
        let scores = value.isNaN ? Scores() : judge(value, place, isSilent, isWary, unit)
        if place.endsHour { endHour(place.bucket) }
        return scores
    }

    @inline(__always)
    private mutating func judge(_ value: Real, _ place: TickPlace, _ isSilent: Bool, _ isWary: Bool, _ unit: Real) -> Scores {
        let isFirst = samples == 0
        if samples < .max { samples += 1 }
        let gain = max(1 / Real(samples), 1 / Real(place.twoDays))
        if isFirst { (level, slow, slowExpected, recent, recentExpected) = (value, value, value, value, value) }
        let seasonal = isFirst ? value : seasonal(place)
        let offset = offset(unit: unit)
        let expected = seasonal * (recent + offset) / (recentExpected + offset)
        slow += Self.slowGain * (value - slow)
        slowExpected += Self.slowGain * (expected - slowExpected)
        let fast = Real.logarithm((value + offset) / (expected + offset))
        let sustained = Real.logarithm((slow + offset) / (slowExpected + offset))
        let ratios = SIMD4(fast, -fast, sustained, -sustained)
        let spreads = variance.squareRoot()
        let scores = isSilent ? Scores() : scores(of: ratios, spreads)
        maximum.replace(with: ratios, where: ratios .> maximum)
        var learned = bounded(value, fast, expected + offset, offset, spreads)
        if isWary, scores.spike >= Self.alarm { learned = max(0, min(learned, expected)) }
        let levelGain = Self.levelGain * (scores.highest >= Self.alarm ? Self.alarmedLevelGain : 1)
        recent += levelGain * (value - recent)
        recentExpected += levelGain * (seasonal - recentExpected)
        level += gain * (learned - level)
        activity += gain * ((value > 0 ? 1 : 0) - activity)
        if value > 0 { wasActive = true }
        hourSum += learned
        hourCount &+= 1
        return scores
    }

    @inline(__always)
    private mutating func scores(of ratios: SIMD4<Real>, _ spreads: SIMD4<Real>) -> Scores {
        var found = (ratios - mean) / bands(spreads)
        // What has not seen twelve hours says nothing, nor of drops what is often idle.
        let isActive = activity >= Self.leastActivity
        for channel in 0..<4 where hours[channel] < Self.warmth || channel & 1 != 0 && !isActive { found[channel] = 0 }
        for channel in 0..<4 where found[channel] >= Self.alarm { alarmed |= 1 << UInt8(channel) }
        return Scores(
            spike: max(0, found[0], found[2]), drop: max(0, found[1], found[3]), spikeIsSlow: found[2] > found[0], dropIsSlow: found[3] > found[1])
    }

    /// Values of this size mean nothing by themselves.
    @inline(__always)
    func offset(unit: Real) -> Real { Self.share * level + unit }

    @inline(__always)
    private func bands(_ spreads: SIMD4<Real>) -> SIMD4<Real> { Self.floor + Self.spreadGain * spreads + Self.tailGain * spreads * spreads }

    /// What the profile says of a tick.
    @inline(__always)
    private func seasonal(_ place: TickPlace) -> Real {
        let weight = Real(place.weight)
        return usual(place.bucket) * (1 - weight) + usual(place.neighbour) * weight
    }

    @inline(__always)
    private func usual(_ bucket: Int) -> Real {
        if visits(bucket) > 0 { return profile[bucket] }
        let other = (bucket + 24) % 48
        return visits(other) > 0 ? profile[other] : level
    }

    /// How often an hour was seen, up to 8.
    @inline(__always)
    func visits(_ bucket: Int) -> UInt8 { packedVisits[bucket >> 1] >> UInt8((bucket & 1) << 2) & 15 }

    mutating func setVisits(_ bucket: Int, _ count: UInt8) {
        let shift = UInt8((bucket & 1) << 2)
        packedVisits[bucket >> 1] = packedVisits[bucket >> 1] & ~(15 << shift) | count << shift
    }

    /// Whether it is the first weekend of a series, or the first weekday, and not for two hours yet: what such a day is like isn't known.
    func isNewKindOfDay(_ place: TickPlace) -> Bool {
        place.bucket % 24 < 2 && visits(place.bucket) == 0 && visits((place.bucket + 24) % 48) > 0
    }

    /// A value as the slow baselines learn it: no further off than hourly maxima are.
    @inline(__always)
    private func bounded(_ value: Real, _ ratio: Real, _ base: Real, _ offset: Real, _ spreads: SIMD4<Real>) -> Real {
        guard hours[0] >= Self.warmth else { return value }
        let most = mean[0] + 3 * (spreads[0] + 0.05)
        if ratio > most { return base * Real.exponential(most) - offset }
        let least = -(mean[1] + 3 * (spreads[1] + 0.05))
        if ratio < least { return base * Real.exponential(least) - offset }
        return value
    }

    /// Ends the hour of `bucket`, as after its last tick.
    mutating func endHour(_ bucket: Int) {
        if hourCount > 0 {
            let hourly = hourSum / Real(hourCount)
            let visits = visits(bucket)
            if visits == 0 {
                profile[bucket] = hourly
            } else {
                profile[bucket] += max(Self.profileGain, 1 / Real(visits + 1)) * (hourly - profile[bucket])
            }
            // From five on it makes no difference.
            if visits < 8 { setVisits(bucket, visits + 1) }
            // An idle hour teaches nothing about spikes.
            for channel in 0..<4 where channel & 1 != 0 || wasActive { learnMaximum(channel) }
        }
        hourSum = 0
        hourCount = 0
        wasActive = false
        maximum = SIMD4(repeating: -1e9)
    }

    private mutating func learnMaximum(_ channel: Int) {
        let center = mean[channel]
        var found = maximum[channel]
        if hours[channel] >= Self.warmth {
            let most = Self.mostSpreads * (variance[channel].squareRoot() + 0.05)
            found = max(min(found, center + most), center - most)
        }
        if hours[channel] < Self.memory { hours[channel] += 1 }
        let wasAlarmed = alarmed & 1 << UInt8(channel) != 0
        alarmed &= ~(1 << UInt8(channel))
        let gain = 1 / Real(hours[channel]) * (wasAlarmed ? Self.alarmedGain : 1)
        let difference = found - center
        mean[channel] += gain * difference
        variance[channel] = (1 - gain) * (variance[channel] + gain * difference * difference)
    }
}

extension TailGuard {
    /// Logarithm of the least rise for five minutes that is anomalous.
    var riseWidth: Real { mean[2] + bands(variance.squareRoot())[2] }

    /// Logarithm of how high the recent level is, against what the profile says.
    package func levelRatio(unit: Real) -> Real {
        let offset = offset(unit: unit)
        return Real.logarithm((recent + offset) / (recentExpected + offset))
    }

    /// The same as it was before the tick just taken, whose value was anomalous: one that is a thousand times as high moves the level at once.
    package func levelRatio(before value: Real, unit: Real) -> Real {
        let gain = Self.levelGain * Self.alarmedLevelGain
        let offset = offset(unit: unit)
        let earlier = max(0, (recent - gain * value) / (1 - gain))
        return Real.logarithm((earlier + offset) / (recentExpected + offset))
    }

    /// The score that the value of the tick just taken, and its smoothed one, would have had, had the level been such as `levelRatio` said.
    package func score(_ value: Real, at place: TickPlace, levelRatio: Real, drop: Bool, unit: Real) -> Real {
        let offset = offset(unit: unit)
        let expected = (seasonal(place) + offset) * Real.exponential(levelRatio)
        let (fast, sustained) = (Real.logarithm((value + offset) / expected), Real.logarithm((slow + offset) / expected))
        let found = (SIMD4(fast, -fast, sustained, -sustained) - mean) / bands(variance.squareRoot())
        return drop ? max(found[1], found[3]) : max(found[0], found[2])
    }

    /// What the value of the tick just taken was compared with.
    package func comparison(_ value: Real, at place: TickPlace, drop: Bool, isSlow: Bool, threshold: Real, unit: Real) -> Comparison {
        let offset = offset(unit: unit)
        let expected = isSlow ? slowExpected : seasonal(place) * (recent + offset) / (recentExpected + offset)
        let channel = (drop ? 1 : 0) + (isSlow ? 2 : 0)
        let most = mean[channel] + threshold * bands(variance.squareRoot())[channel]
        let limit = (expected + offset) * Real.exponential(drop ? -most : most) - offset
        return Comparison(value: Double(isSlow ? slow : value), expected: Double(expected), limit: Double(max(0, limit)))
    }
}
