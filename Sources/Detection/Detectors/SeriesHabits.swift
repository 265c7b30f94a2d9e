/// At what times of the day a series was unusual lately, so that what happens every day, or every Monday, is told of once.
struct SeriesHabits: Sendable, BitwiseCopyable {
    /// Scores from here on are remembered, even where the threshold is higher and nothing is told of them.
    static let leastScore = 1.0

    private struct Time: BitwiseCopyable {
        /// Tick of the day.
        var tick: UInt16 = 0
        /// Day, modulo 256.
        var day: UInt8 = 0
        /// Of the highest score, eighths, and from 128 on those of a drop; 0: nothing is remembered.
        var strength: UInt8 = 0
    }

    /// Days after which it is forgotten.
    private static let memory: UInt8 = 8
    /// Ticks by which it may come earlier or later: two minutes.
    private static let tolerance = 8
    private static let ticksPerDay: Int64 = 5760
    /// Ages in days of what makes something usual. What was found usual is remembered as yesterday's, so that it goes on being so today.
    private static let precedents: SIMD4<UInt8> = [1, 2, 7, 8]

    private var times = InlineArray<8, Time>(repeating: Time())

    init() {}

    /// Whether something like it happened at this time yesterday, the day before, or a week ago, at least half as strong; it is remembered from now on.
    mutating func isUsual(_ score: Double, _ side: DetectorSide, at tick: Int64) -> Bool {
        let inDay = UInt16(truncatingIfNeeded: tick % Self.ticksPerDay)
        let day = UInt8(truncatingIfNeeded: tick / Self.ticksPerDay)
        let eighths = UInt8(min(max(score, 0) * 8, 126)) + 1
        let offset: UInt8 = side == .drop ? 128 : 0
        var oldest = 0
        for index in times.indices {
            let time = times[index]
            guard time.strength > 0, day &- time.day <= Self.memory else {
                oldest = index
                times[index].strength = 0
                continue
            }
            let distance = abs(Int(time.tick) - Int(inDay))
            if (time.strength >= 128) == (side == .drop), min(distance, Int(Self.ticksPerDay) - distance) <= Self.tolerance {
                let known = time.strength - offset
                let isUsual = any(Self.precedents .== day &- time.day) && Int(eighths) <= Int(known) * 2
                times[index].strength = offset + min(127, max(known, eighths))
                times[index].day = isUsual ? day &- 1 : day
                return isUsual
            }
            if times[oldest].strength > 0, day &- time.day > day &- times[oldest].day { oldest = index }
        }
        times[oldest] = Time(tick: inDay, day: day, strength: offset + eighths)
        return false
    }

    /// Whether what was found usual to this side may still go on: a quarter of an hour.
    func covers(_ side: DetectorSide, at tick: Int64) -> Bool {
        let inDay = Int(tick % Self.ticksPerDay)
        let day = UInt8(truncatingIfNeeded: tick / Self.ticksPerDay)
        for index in times.indices {
            let time = times[index]
            guard time.strength > 0, (time.strength >= 128) == (side == .drop), any(Self.precedents .== day &- time.day) else { continue }
            let later = (inDay - Int(time.tick) + Int(Self.ticksPerDay)) % Int(Self.ticksPerDay)
            if later <= 60 || later >= Int(Self.ticksPerDay) - Self.tolerance { return true }
        }
        return false
    }

    func write(to writer: inout DetectorStateWriter) {
        for index in times.indices {
            writer.write(times[index].tick)
            writer.write(times[index].day)
            writer.write(times[index].strength)
        }
    }

    init(from reader: inout DetectorStateReader) throws(DetectorStateReader.Damage) {
        for index in times.indices {
            times[index] = Time(tick: try reader.read(in: 0...5759), day: try reader.read(), strength: try reader.read())
        }
    }
}
