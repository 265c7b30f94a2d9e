/// A ``Record3`` with the ticks of the five minutes that aren't over.
struct RecordWatch: Sendable {
    /// Ticks of five minutes.
    static let ticks: Int64 = 20

    var record = Record3<Float>()
    private var sum: Float = 0
    private var count: UInt8 = 0
    /// Of the last five minutes: score in units of Record3's threshold, mean, and what was usual.
    private(set) var score: Float = 0
    private(set) var value: Float = 0
    private(set) var expected: Float = 0

    init() {}

    /// Whether the score is that of something above the usual.
    var side: DetectorSide { value >= expected ? .spike : .drop }

    /// The end of the range that the value lay in before, or near it.
    var limit: Float { side == .spike ? min(record.values.high, value) : max(record.values.low, value) }

    mutating func take(_ sample: Float) {
        guard !sample.isNaN, count < Self.ticks else { return }
        sum += sample
        count += 1
    }

    /// Ends five minutes, of which `tick` since 1970 was the last.
    mutating func end(at tick: Int64) {
        score = 0
        guard count > 0 else { return }
        let second = tick / Self.ticks * 300
        value = sum / Float(count)
        expected = Float(record.expected(second: second))
        score = Float(record.take(Double(value), second: second, forgets: true) / Record3<Float>.threshold)
        sum = 0
        count = 0
    }

    func write(to writer: inout DetectorStateWriter) {
        record.write(to: &writer)
        writer.write(count)
        for number in [sum, score, value, expected] { writer.write(number) }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        record = try Record3(from: &reader)
        count = try reader.read(in: 0...UInt8(Self.ticks))
        sum = try reader.read(in: amountRange)
        score = try reader.read(in: amountRange)
        value = try reader.read(in: amountRange)
        expected = try reader.read(in: amountRange)
    }
}

extension Record3<Float> {
    func write(to writer: inout DetectorStateWriter) {
        for bucket in 0..<48 {
            writer.write(profile[bucket])
            writer.write(visits[bucket])
        }
        writer.write(samples)
        writer.write(quiet)
        writer.write(UInt8((hasRanges ? 1 : 0) + (hasSmoothRanges ? 2 : 0)))
        for number in [level, size, difference, ratio, peak] { writer.write(number) }
        for range in [values, differences, ratios] {
            writer.write(range.low)
            writer.write(range.high)
            writer.write(range.lowAge)
            writer.write(range.highAge)
        }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        self.init()
        let anything: ClosedRange<Float> = -1e30...1e30
        for bucket in 0..<48 {
            profile[bucket] = try reader.read(in: amountRange)
            visits[bucket] = try reader.read(in: 0...16)
        }
        samples = try reader.read()
        quiet = try reader.read()
        let has = try reader.read(in: 0...3 as ClosedRange<UInt8>)
        (hasRanges, hasSmoothRanges) = (has & 1 != 0, has & 2 != 0)
        level = try reader.read(in: amountRange)
        size = try reader.read(in: amountRange)
        difference = try reader.read(in: anything)
        ratio = try reader.read(in: ratioRange)
        peak = try reader.read(in: amountRange)
        values = try Self.range(from: &reader, amountRange)
        differences = try Self.range(from: &reader, anything)
        ratios = try Self.range(from: &reader, ratioRange)
    }

    private static func range(from reader: inout DetectorStateReader, _ limits: ClosedRange<Float>) throws(DetectorStateReader.Damage) -> Range {
        let low = try reader.read(in: limits)
        return Range(low: low, high: try reader.read(in: low...limits.upperBound), lowAge: try reader.read(), highAge: try reader.read())
    }
}
