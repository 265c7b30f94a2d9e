/// Judges a series of which no day is known yet: by its level of the last hour, and by the records that were set since it began.
///
/// Plainer than a ``TailGuard``: without hours of the day, of spikes only. The logarithm of value to level is smoothed, not the value: a lone high tick counts for
/// little, high ticks in a row for much, and the longest burst so far is what the next must exceed. What it is made of is taken from the simulation's tuning seeds
/// (docs/detection.md, "The first 48 hours").
struct YoungGuard: Sendable, BitwiseCopyable {
    /// The logarithm of the ratio to the level, smoothed.
    private struct Channel: BitwiseCopyable {
        var smoothed: Float = 0
        /// The highest of the blocks that are over.
        var record: Float = 0
        /// The highest of them and of the block that isn't over.
        var highest: Float = 0

        mutating func take(_ ratio: Float, gain: Float) {
            smoothed += gain * (ratio - smoothed)
            highest = max(highest, smoothed)
        }

        /// Ends a block; the record rises by `step` at most.
        mutating func endBlock(step: Float) {
            record += min(highest - record, step)
            highest = record
        }

        /// How far above the record is anomalous. Who sets high records will set higher ones.
        func band(floor: Float, growth: Float) -> Float { floor + growth * record }
    }

    /// Ticks of a block.
    static let blockTicks: Int64 = 20
    /// Blocks before it speaks.
    private static let warmth: UInt16 = 24
    /// Blocks that are counted: two days.
    private static let memory: UInt16 = 576
    /// An hour's.
    private static let levelGain: Float = 1 / 240
    /// Of the quick channel: two or three ticks. Of the held one: five minutes.
    private static let (quickGain, heldGain): (Float, Float) = (0.4, 0.08)
    /// A block raises a record by so much at most, once it speaks.
    private static let (quickStep, heldStep): (Float, Float) = (1, 0.2)

    private var level: Float = 0
    private var quick = Channel()
    private var held = Channel()
    private var blocks: UInt16 = 0

    init() {}

    /// Takes the value of a tick.
    ///
    /// - Parameters:
    ///   - isFirst: whether it is the first one of the series.
    ///   - offset: values of this size mean nothing by themselves.
    /// - Returns: how far above the records the value is, and what lasted for minutes: 1 and more is anomalous.
    mutating func take(_ value: Float, isFirst: Bool, offset: Float) -> (quick: Float, held: Float) {
        if isFirst { level = value }
        let ratio = Float.logarithm((value + offset) / (level + offset))
        quick.take(ratio, gain: Self.quickGain)
        held.take(ratio, gain: Self.heldGain)
        var scores: (quick: Float, held: Float) = (0, 0)
        var learned = value
        if blocks >= Self.warmth {
            scores.quick = max(0, (quick.smoothed - quick.record) / quickBand)
            scores.held = max(0, (held.smoothed - held.record) / heldBand)
            let most = quick.record + 0.5
            if ratio > most { learned = (level + offset) * Float.exponential(most) - offset }
        }
        level += max(1 / (Float(blocks) * Float(Self.blockTicks) + 1), Self.levelGain) * (learned - level)
        return scores
    }

    /// Ends a block of twenty ticks.
    mutating func endBlock() {
        if blocks < Self.memory { blocks += 1 }
        let isWarm = blocks > Self.warmth
        quick.endBlock(step: isWarm ? Self.quickStep : .infinity)
        held.endBlock(step: isWarm ? Self.heldStep : .infinity)
    }

    private var quickBand: Float { (1 + 4 / Float(max(blocks, 1))) * quick.band(floor: 0.9, growth: 0.45) }
    private var heldBand: Float { (1 + 8 / Float(max(blocks, 1))) * held.band(floor: 0.8, growth: 0.4) }

    /// The value whose score is `threshold`, if it lasts.
    func limit(isSlow: Bool, threshold: Float, offset: Float) -> (expected: Float, limit: Float) {
        let most = isSlow ? held.record + threshold * heldBand : quick.record + threshold * quickBand
        return (level, (level + offset) * Float.exponential(min(most, 60)) - offset)
    }
}

extension YoungGuard {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(level)
        for channel in [quick, held] {
            writer.write(channel.smoothed)
            writer.write(channel.record)
            writer.write(channel.highest)
        }
        writer.write(blocks)
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        level = try reader.read(in: amountRange)
        quick = try Self.channel(from: &reader)
        held = try Self.channel(from: &reader)
        blocks = try reader.read(in: 0...Self.memory)
    }

    private static func channel(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) -> Channel {
        Channel(smoothed: try reader.read(in: ratioRange), record: try reader.read(in: ratioRange), highest: try reader.read(in: ratioRange))
    }
}
