/// Judges a series of which no day is known yet: by its level of the last hour, and by what the maxima of five minutes did so far.
///
/// Plainer than a ``TailGuard``: without hours of the day, of spikes only, with a wider band; it speaks when it has seen an hour. What it is made of is taken
/// from the simulation's tuning seeds (docs/detection.md, "The first 48 hours").
struct YoungGuard: Sendable, BitwiseCopyable {
    /// Of two channels: a tick's value, and the value smoothed over five minutes.
    private struct Channel: BitwiseCopyable {
        /// Of the maxima of the logarithm of its ratio to the level.
        var mean: Float = 0
        var variance: Float = 0
        /// Of the block that isn't over.
        var maximum: Float = -1e9

        mutating func learn(gain: Float, isWarm: Bool) {
            var found = maximum
            if isWarm {
                let most = 4 * (variance.squareRoot() + 0.05)
                found = max(min(found, mean + most), mean - most)
            }
            let difference = found - mean
            mean += gain * difference
            variance = (1 - gain) * (variance + gain * difference * difference)
        }
    }

    /// Ticks of a block.
    static let blockTicks: Int64 = 20
    /// Blocks in which something flowed, before it speaks.
    private static let warmth: UInt16 = 12
    /// Blocks that it remembers: two days.
    private static let memory: UInt16 = 576
    /// An hour's.
    private static let levelGain: Float = 1 / 240
    /// The band is this much wider after one block, half as much after two, …
    private static let doubt: Float = 4

    private var level: Float = 0
    private var fast = Channel()
    private var sustained = Channel()
    private var blocks: UInt16 = 0
    private var wasActive = false

    init() {}

    /// Takes the value of a tick.
    ///
    /// - Parameters:
    ///   - smoothed: the value, smoothed over five minutes.
    ///   - isFirst: whether it is the first one of the series.
    ///   - offset: values of this size mean nothing by themselves.
    /// - Returns: how far above the usual the value is, and the smoothed one: 1 and more is anomalous.
    mutating func take(_ value: Float, smoothed: Float, isFirst: Bool, offset: Float) -> (fast: Float, sustained: Float) {
        if isFirst { level = value }
        let ratio = Float.logarithm((value + offset) / (level + offset))
        let sustainedRatio = Float.logarithm((smoothed + offset) / (level + offset))
        var scores: (fast: Float, sustained: Float) = (0, 0)
        var learned = value
        if blocks >= Self.warmth {
            scores.fast = max(0, (ratio - fast.mean) / fastBand)
            scores.sustained = max(0, (sustainedRatio - sustained.mean) / sustainedBand)
            let most = fast.mean + 3 * (fast.variance.squareRoot() + 0.05)
            if ratio > most { learned = (level + offset) * Float.exponential(most) - offset }
        }
        if value > 0 { wasActive = true }
        fast.maximum = max(fast.maximum, ratio)
        sustained.maximum = max(sustained.maximum, sustainedRatio)
        level += max(1 / (Float(blocks) * Float(Self.blockTicks) + 1), Self.levelGain) * (learned - level)
        return scores
    }

    /// Ends a block of twenty ticks. An idle one teaches nothing.
    mutating func endBlock() {
        if wasActive {
            if blocks < Self.memory { blocks += 1 }
            fast.learn(gain: 1 / Float(blocks), isWarm: blocks > Self.warmth)
            sustained.learn(gain: 1 / Float(blocks), isWarm: blocks > Self.warmth)
        }
        fast.maximum = -1e9
        sustained.maximum = -1e9
        wasActive = false
    }

    private var width: Float { 1 + Self.doubt / Float(blocks) }
    private var fastBand: Float { width * (0.8 + fast.variance.squareRoot() + 30 * fast.variance) }
    private var sustainedBand: Float { width * (1.2 + 3 * sustained.variance.squareRoot() + 3 * sustained.variance) }

    /// The value whose score is `threshold`.
    func limit(isSlow: Bool, threshold: Float, offset: Float) -> (expected: Float, limit: Float) {
        let most = isSlow ? sustained.mean + threshold * sustainedBand : fast.mean + threshold * fastBand
        return (level, (level + offset) * Float.exponential(min(most, 60)) - offset)
    }
}

extension YoungGuard {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(level)
        for channel in [fast, sustained] {
            writer.write(channel.mean)
            writer.write(channel.variance)
            writer.write(channel.maximum)
        }
        writer.write(blocks)
        writer.write(UInt8(wasActive ? 1 : 0))
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        level = try reader.read(in: amountRange)
        fast = try Self.channel(from: &reader)
        sustained = try Self.channel(from: &reader)
        blocks = try reader.read(in: 0...Self.memory)
        wasActive = try reader.readFlag()
    }

    private static func channel(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) -> Channel {
        Channel(mean: try reader.read(in: ratioRange), variance: try reader.read(in: varianceRange), maximum: try reader.read(in: -1e9...200))
    }
}
