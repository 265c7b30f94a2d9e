/// Judges each value of a series of which no day is known yet: by its level of the last hour, and by the records of the hours since it began.
///
/// Plainer than a ``TailGuard``: without hours of the day, of spikes only. A lone high tick counts for nothing: judged is what lasts, a minute or six. What it is
/// made of is taken from the simulation's tuning seeds (docs/detection.md, "The first 48 hours").
struct YoungGuard: Sendable, BitwiseCopyable {
    /// Logarithms of ratios to the level are kept in so many steps, from 0 to 255.
    private static let steps: Float = 24

    /// The highest of the hours so far, each hour having one.
    private struct Records: BitwiseCopyable {
        var first: UInt8 = 0
        var second: UInt8 = 0
        var third: UInt8 = 0
        /// Of the blocks of this hour that are over.
        var hour: UInt8 = 0
        /// Of the block that isn't.
        var block: UInt8 = 0

        var highest: Float { Float(max(first, hour)) / YoungGuard.steps }
        /// What was reached in three hours is usual; what happened twice need not be.
        var thirdHighest: Float { Float(max(third, min(second, hour))) / YoungGuard.steps }

        mutating func endBlock() {
            hour = max(hour, block)
            block = 0
        }

        mutating func endHour() {
            third = max(third, min(second, hour))
            second = max(second, min(first, hour))
            first = max(first, hour)
            hour = 0
        }
    }

    /// Ticks of a block.
    static let blockTicks: Int64 = 20
    private static let blocksPerHour: UInt16 = 12
    /// Blocks before it speaks of what lasts for six minutes: an hour. Of what lasts for one: two.
    private static let (heldWarmth, minuteWarmth): (UInt16, UInt16) = (12, 24)
    /// Blocks that are counted: two days.
    private static let memory: UInt16 = 576
    /// An hour's.
    private static let levelGain: Float = 1 / 240
    /// Ticks of two minutes: a third of the six.
    private static let partTicks: UInt8 = 8
    /// By so much more than the limit, as a logarithm, is the score higher by 1.
    private static let spread: Float = 0.5

    private var level: Float = 0
    private var blocks: UInt16 = 0
    /// Of the last three ticks.
    private var recent = InlineArray<3, UInt8>(repeating: 0)
    /// Of the two minutes that aren't over: how many ticks, the lowest of them, and the lowest but one.
    private var partCount: UInt8 = 0
    private var lowest = UInt8.max
    private var lowestButOne = UInt8.max
    /// Of the last three times two minutes: the lowest but one, so that a single low tick doesn't end what lasts.
    private var parts = InlineArray<3, UInt8>(repeating: 0)
    /// Of the lowest in a minute, and in six.
    private var minute = Records()
    private var held = Records()

    init() {}

    /// Takes the value of a tick.
    ///
    /// - Parameters:
    ///   - isFirst: whether it is the first one of the series.
    ///   - offset: values of this size mean nothing by themselves.
    /// - Returns: how far above what was so far the last minute is, and the last six: 1 and more is anomalous.
    mutating func take(_ value: Float, isFirst: Bool, offset: Float) -> (minute: Float, held: Float) {
        if isFirst { level = value }
        let ratio = Float.logarithm((value + offset) / (level + offset))
        let step = ratio > 0 ? UInt8(min(ratio * Self.steps, 255)) : 0
        let minuteLow = min(step, recent[0], recent[1], recent[2])
        recent = [step, recent[0], recent[1]]
        take(part: step)
        let heldLow = min(parts[0], parts[1], parts[2])
        minute.block = max(minute.block, minuteLow)
        held.block = max(held.block, heldLow)
        var learned = value
        if blocks >= Self.heldWarmth {
            let most = minute.thirdHighest + 0.44
            if ratio > most { learned = (level + offset) * Float.exponential(most) - offset }
        }
        level += max(1 / (Float(blocks) * Float(Self.blockTicks) + 1), Self.levelGain) * (learned - level)
        return (
            blocks >= Self.minuteWarmth ? score(minuteLow, minuteLimit) : 0,
            blocks >= Self.heldWarmth ? score(heldLow, heldLimit) : 0
        )
    }

    private mutating func take(part step: UInt8) {
        if step < lowest {
            (lowest, lowestButOne) = (step, lowest)
        } else {
            lowestButOne = min(lowestButOne, step)
        }
        partCount += 1
        guard partCount >= Self.partTicks else { return }
        parts = [lowestButOne, parts[0], parts[1]]
        (partCount, lowest, lowestButOne) = (0, .max, .max)
    }

    /// Ends a block of twenty ticks.
    mutating func endBlock() {
        if blocks < Self.memory { blocks += 1 }
        minute.endBlock()
        held.endBlock()
        guard blocks % Self.blocksPerHour == 0 else { return }
        minute.endHour()
        held.endHour()
    }

    private func score(_ steps: UInt8, _ limit: Float) -> Float { max(0, 1 + (Float(steps) / Self.steps - limit) / Self.spread) }

    private var hours: Float { Float(max(blocks, 1)) / Float(Self.blocksPerHour) }

    /// For a minute: above all that was, by a factor of three; or, that what happened once or twice doesn't hide it, far above what was in three hours.
    private var minuteLimit: Float {
        min(1.05 * minute.highest + 1.15 * (1 + 3 / hours), 2.5 * minute.thirdHighest + 2.1 * (1 + 7.5 / hours))
    }

    /// For six minutes: above what was in three hours, by a factor of 3.7. Jobs and bursts end sooner.
    private var heldLimit: Float { held.thirdHighest + 1.3 * (1 + 0.5 / hours) }

    /// The value whose score is `threshold`, if it lasts.
    func limit(isHeld: Bool, threshold: Float, offset: Float) -> (expected: Float, limit: Float) {
        let most = (isHeld ? heldLimit : minuteLimit) + (threshold - 1) * Self.spread
        return (level, (level + offset) * Float.exponential(min(most, 60)) - offset)
    }
}

extension YoungGuard {
    func write(to writer: inout DetectorStateWriter) {
        writer.write(level)
        writer.write(blocks)
        for index in 0..<3 {
            writer.write(recent[index])
            writer.write(parts[index])
        }
        for number in [partCount, lowest, lowestButOne] { writer.write(number) }
        for records in [minute, held] {
            for number in [records.first, records.second, records.third, records.hour, records.block] { writer.write(number) }
        }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        level = try reader.read(in: amountRange)
        blocks = try reader.read(in: 0...Self.memory)
        for index in 0..<3 {
            recent[index] = try reader.read()
            parts[index] = try reader.read()
        }
        partCount = try reader.read(in: 0...Self.partTicks - 1)
        lowest = try reader.read()
        lowestButOne = try reader.read()
        minute = try Self.records(from: &reader)
        held = try Self.records(from: &reader)
    }

    private static func records(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) -> Records {
        Records(first: try reader.read(), second: try reader.read(), third: try reader.read(), hour: try reader.read(), block: try reader.read())
    }
}
