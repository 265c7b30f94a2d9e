import Testing

import Detection

@Suite("Banks of detectors")
struct DetectorBankTests {
    /// A Monday.
    private let start: Int64 = 4 * 5760

    private func bank(limit: Int = 4) -> DetectorBank { DetectorBank(DetectorBank.Settings(unit: 10), limit: limit) }

    /// Three days of two hundred and a bit of noise that is the same each time.
    private func grown(_ settings: DetectorBank.Settings = DetectorBank.Settings(unit: 10)) -> (bank: DetectorBank, tick: Int64) {
        var bank = DetectorBank(settings, limit: 4)
        _ = bank.add(at: start)
        for tick in start..<start + 3 * 5760 { _ = bank.take([value(tick)], tick: tick) }
        return (bank, start + 3 * 5760)
    }

    private func isEmpty(_ judged: [DetectorBank.Judged]) { #expect(judged.isEmpty) }

    private func value(_ tick: Int64) -> Double { 200 + Double(tick &* 7919 % 41) }

    @Test("A spike opens at once, with what was expected and the most that is usual, and closes five minutes after it ends")
    func opens() throws {
        var (bank, tick) = grown()
        let taken = bank.take([2000], tick: tick)
        let first = try #require(taken.first)
        #expect(first.hasOpened && first.isOpen && first.side == .spike && first.judge == "tailguard" && first.score >= 1)
        #expect(first.value == 2000)
        let limit = try #require(first.limit)
        #expect(limit > 240 && limit < 2000)
        #expect((190...250).contains(try #require(first.expected)))
        var closings: [Int64] = []
        for later in tick + 1..<tick + 200 {
            for judged in bank.take([value(later)], tick: later) where judged.hasClosed { closings.append(later - tick) }
        }
        #expect(closings.count == 1 && (20...80).contains(closings.first ?? 0))
        tick += 200
    }

    @Test("A silence opens to the other side, and only where that side is asked for")
    func silence() {
        var (bank, tick) = grown()
        var spikes = grown(DetectorBank.Settings(unit: 10, sides: [.spike])).bank
        var sides: Set<DetectorSide> = []
        for later in tick..<tick + 20 {
            for judged in bank.take([0], tick: later) where judged.hasOpened { sides.insert(judged.side) }
            isEmpty(spikes.take([0], tick: later))
        }
        #expect(sides == [.drop])
        tick += 20
    }

    @Test("Coming back after four hours on another level opens nothing")
    func returns() {
        var (bank, tick) = grown()
        var openings: [DetectorSide] = []
        for later in tick..<tick + 960 {
            for judged in bank.take([3 * value(later)], tick: later) where judged.hasOpened { openings.append(judged.side) }
        }
        for later in tick + 960..<tick + 2000 {
            for judged in bank.take([value(later)], tick: later) where judged.hasOpened { openings.append(judged.side) }
        }
        #expect(openings == [.spike])
        tick += 2000
    }

    @Test("Coming back after ten hours on a level that is only half as high again opens nothing, either")
    func returnsFromNearby() {
        var (bank, tick) = grown()
        var openings: [DetectorSide] = []
        for later in tick..<tick + 3000 {
            let value = later - tick < 2400 ? 1.45 * value(later) : value(later)
            for judged in bank.take([value], tick: later) where judged.hasOpened { openings.append(judged.side) }
        }
        #expect(openings == [.spike])
        tick += 3000
    }

    @Test("A fall hours after a giant that is over leads nowhere back, and opens, over a restart, too", arguments: [false, true])
    func fallsLater(restarts: Bool) throws {
        var (bank, tick) = grown()
        var openings: [DetectorSide] = []
        for later in tick..<tick + 1500 {
            let offset = later - tick
            if restarts, offset == 500 {
                bank = try #require(DetectorBank(decoding: bank.encoded(), settings: DetectorBank.Settings(unit: 10), limit: 4))
            }
            // It rises to three times as much, too slowly to be told of.
            let rise = 1 + 2 * Double(min(max(offset - 720, 0), 480)) / 480
            let value = offset < 4 ? 10_000 : (offset < 1300 ? rise : 1) * value(later)
            for judged in bank.take([value], tick: later) where judged.hasOpened { openings.append(judged.side) }
        }
        #expect(openings == [.spike, .drop])
        tick += 1500
    }

    @Test("What happens every day at the same time is told of once")
    func habit() {
        var (bank, tick) = grown()
        var openings: [Int64] = []
        for later in tick..<tick + 4 * 5760 {
            let value = (later - tick) % 5760 < 4 ? 2000 : value(later)
            for judged in bank.take([value], tick: later) where judged.hasOpened { openings.append((later - tick) / 5760) }
        }
        #expect(openings == [0])
        tick += 4 * 5760
    }

    @Test("A fivefold minute is found a few hours after a fiftyfold one")
    func masking() {
        var (bank, tick) = grown()
        var openings = 0
        for later in tick..<tick + 1200 {
            let offset = later - tick
            let value = offset < 4 ? 10_000 : (1000..<1004).contains(offset) ? 1000 : value(later)
            openings += bank.take([value], tick: later).count { $0.hasOpened }
        }
        #expect(openings == 2)
        tick += 1200
    }

    @Test("A gap opens nothing, and neither does what comes after it")
    func gap() {
        var (bank, tick) = grown()
        for later in tick..<tick + 400 {
            let value = (10..<300).contains(later - tick) ? .nan : value(later)
            isEmpty(bank.take([value], tick: later))
        }
        // Ticks that never came, across the end of an hour.
        for later in tick + 1000..<tick + 1400 { isEmpty(bank.take([value(later)], tick: later)) }
        tick += 1400
    }

    @Test("A series of six hours is judged by the test for young ones, by what lasts for a minute; one high tick is nothing")
    func young() throws {
        var bank = bank()
        _ = bank.add(at: start)
        for tick in start..<start + 1440 {
            let value = tick == start + 1400 ? 10_000 : value(tick)
            isEmpty(bank.take([value], tick: tick))
        }
        for tick in start + 1440..<start + 1443 { isEmpty(bank.take([4000], tick: tick)) }
        let taken = bank.take([4000], tick: start + 1443)
        let judged = try #require(taken.first)
        #expect(judged.judge == "young" && judged.hasOpened && judged.side == .spike)
        #expect((190...230).contains(try #require(judged.expected)))
        let limit = try #require(judged.limit)
        #expect(limit > 300 && limit < 4000)
    }

    @Test("What is high each hour is usual to the test for young ones after three hours; what is high once hides nothing")
    func youngRecords() {
        func openings(highHours: ClosedRange<Int64>) -> [Int64] {
            var bank = bank()
            _ = bank.add(at: start)
            var hours: [Int64] = []
            for tick in start..<start + 12 * 240 {
                let (hour, offset) = (tick - start).quotientAndRemainder(dividingBy: 240)
                let isHigh = (100..<104).contains(offset) && (highHours.contains(hour) || hour == 10)
                hours += bank.take([isHigh ? 20_000 : value(tick)], tick: tick).filter(\.hasOpened).map { _ in hour }
            }
            return hours
        }
        #expect(openings(highHours: 5...5) == [5, 10])
        #expect(!openings(highHours: 5...9).contains(10))
    }

    @Test(
        "What opens at any other time doesn't after a gap, or as the first weekend begins", arguments: [("nothing", 1), ("gap", 0), ("weekend", 0)])
    func plainReasons(reason: String, expected: Int) {
        var bank = bank()
        _ = bank.add(at: start)
        let (friday, saturday) = (start + 4 * 5760, start + 5 * 5760)
        var drops = 0
        for tick in start..<saturday + 5760 {
            let isLow = reason == "weekend" ? tick >= saturday : (friday + 100..<friday + 110).contains(tick)
            let isMissing = reason == "gap" && (friday + 90..<friday + 100).contains(tick)
            let value = isMissing ? .nan : isLow ? value(tick) * 0.72 : value(tick)
            drops += bank.take([value], tick: tick).count { $0.hasOpened && $0.side == .drop }
        }
        #expect(drops == expected)
    }

    @Test("Records are judged each five minutes where they are asked for")
    func records() {
        var (bank, tick) = grown(DetectorBank.Settings(detector: .record, unit: 10))
        var judges: Set<String> = []
        for later in tick..<tick + 20 {
            for judged in bank.take([2000], tick: later) where judged.hasOpened { judges.insert(judged.judge) }
        }
        #expect(judges == ["record3"])
        tick += 20
    }

    @Test("No more series than the limit, and a slot is given again")
    func slots() throws {
        var bank = bank(limit: 2)
        let added = bank.add(at: start)
        let first = try #require(added)
        let second = bank.add(at: start)
        let third = bank.add(at: start)
        #expect(second != nil && third == nil)
        bank.remove(first)
        bank.remove(first)
        bank.remove(99)
        #expect(bank.count == 1)
        let again = bank.add(at: start)
        #expect(again == first)
    }

    @Test("A bank goes on after a restart as if there had been none", arguments: Rule.Detector.allCases)
    func state(detector: Rule.Detector) throws {
        let settings = DetectorBank.Settings(detector: detector, unit: 10)
        var (bank, tick) = grown(settings)
        _ = bank.take([2000], tick: tick)
        var kept = try #require(DetectorBank(decoding: bank.encoded(), settings: settings, limit: 4))
        for later in tick + 1..<tick + 600 {
            let value = later - tick == 400 ? 1500 : value(later)
            let (one, other) = (bank.take([value], tick: later), kept.take([value], tick: later))
            #expect(one == other)
        }
        #expect(bank.encoded() == kept.encoded())
        tick += 600
    }

    @Test("Damaged state is refused or goes on, but never traps")
    func damage() {
        let settings = DetectorBank.Settings(detector: .both, unit: 10)
        let (bank, tick) = grown(settings)
        let octets = bank.encoded()
        for length in stride(from: 0, to: octets.count, by: 7) {
            #expect(DetectorBank(decoding: Array(octets.prefix(length)), settings: settings, limit: 4) == nil)
        }
        #expect(DetectorBank(decoding: octets + [0], settings: settings, limit: 4) == nil)
        #expect(DetectorBank(decoding: octets, settings: settings, limit: 0) == nil)
        #expect(DetectorBank(decoding: octets, settings: DetectorBank.Settings(unit: 10), limit: 4) == nil)
        for index in octets.indices {
            for bits in [UInt8(0xFF), 0x80, 1] {
                var damaged = octets
                damaged[index] ^= bits
                guard var other = DetectorBank(decoding: damaged, settings: settings, limit: 4) else { continue }
                for later in tick..<tick + 3 { _ = other.take([1000], tick: later) }
                _ = other.take([0], tick: tick + 239)
            }
        }
    }

    @Test("Senseless values and ticks do nothing")
    func senseless() {
        var (bank, tick) = grown()
        for value in [-1, .infinity, -.infinity, .nan, 1e300] {
            isEmpty(bank.take([value], tick: tick))
            tick += 1
        }
        isEmpty(bank.take([5000], tick: tick - 10))
        isEmpty(bank.take([5000], tick: .max))
        isEmpty(bank.take([5000], tick: -5))
    }

    @Test("A series takes at most 384 octets, and as much again with records")
    func size() {
        #expect(DetectorBank.octetsPerSeries(.tail) <= 384)
        #expect(DetectorBank.octetsPerSeries(.both) <= 768)
    }

    @Test("The threshold rises with the number of series, unless it is given")
    func thresholds() {
        #expect(DetectionThreshold.theta(sensitivity: .medium, series: 10) == 1)
        #expect((2.9...3.1).contains(DetectionThreshold.theta(sensitivity: .medium, series: 2000)))
        #expect(DetectionThreshold.theta(sensitivity: .high, series: 100_000) == 1)
        #expect(DetectionThreshold.theta(sensitivity: .score(1.7), series: 100_000) == 1.7)
    }
}
