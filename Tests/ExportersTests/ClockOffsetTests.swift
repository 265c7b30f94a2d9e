import Exporters
import FlowModel
import Testing

@Suite("The offset of an exporter's clock")
struct ClockOffsetTests {
    /// Datagrams that come at these seconds, sent so many seconds before, by a clock that is ahead by `offset`; headers tell whole seconds.
    private func feed(_ clock: inout ClockOffset, at times: [Double], delays: [Double] = [0.05], offset: Double) {
        for (index, time) in times.enumerated() {
            let sent = (time - delays[index % delays.count] + offset).rounded(.down)
            clock.take(exportTime: seconds(sent), receivedAt: seconds(time))
        }
    }

    private func every(_ interval: Double, from start: Double, to end: Double) -> [Double] { Array(stride(from: start, to: end, by: interval)) }

    private func isAbout(_ clock: ClockOffset, _ offset: Double) -> Bool {
        guard let nanoseconds = clock.nanoseconds else { return false }
        return abs(Double(nanoseconds) / 1e9 - offset) <= 1.1
    }

    @Test("Nothing is known before the first datagram; a single one is believed")
    func first() {
        var clock = ClockOffset()
        #expect(clock.nanoseconds == nil && clock.correction == 0)
        clock.take(exportTime: seconds(100), receivedAt: seconds(0.5))
        #expect(clock.nanoseconds == 99_500_000_000 && clock.correction == 99_500_000_000)
    }

    @Test("An offset of up to 2 s is shown and not corrected")
    func small() {
        var clock = ClockOffset()
        feed(&clock, at: every(0.5, from: 0, to: 60), offset: 1)
        #expect(isAbout(clock, 1) && clock.correction == 0)
    }

    @Test("Queues make datagrams late and do not move it", arguments: [0.0, 30, -30, 3600])
    func jitter(offset: Double) {
        var clock = ClockOffset()
        for start in stride(from: 0.0, to: 600, by: 10) {
            feed(&clock, at: every(0.31, from: start, to: start + 10), delays: [0.01, 3.7, 0.6, 9.2, 1.9, 0.02, 5.5], offset: offset)
            #expect(isAbout(clock, offset), "after \(start + 10) s")
        }
    }

    @Test("One wild datagram does not move it, whichever way it is wrong", arguments: [86_400.0, 30, -30, -86_400])
    func wild(error: Double) {
        var clock = ClockOffset()
        feed(&clock, at: every(1, from: 0, to: 30), offset: 5)
        clock.take(exportTime: seconds(30 + error), receivedAt: seconds(30))
        #expect(isAbout(clock, 5))
        for second in 31..<150 {
            feed(&clock, at: [Double(second)], offset: 5)
            #expect(isAbout(clock, 5), "at \(second) s")
        }
    }

    @Test("A wild first datagram is believed until the second one")
    func wildFirst() {
        var clock = ClockOffset()
        clock.take(exportTime: seconds(1000), receivedAt: seconds(0))
        feed(&clock, at: [1, 2], offset: 0)
        #expect(isAbout(clock, 0))
    }

    @Test("A clock set forward is followed with the second datagram")
    func forward() {
        var clock = ClockOffset()
        feed(&clock, at: every(1, from: 0, to: 100), offset: 0)
        feed(&clock, at: [100, 101], offset: 40)
        #expect(isAbout(clock, 40))
    }

    @Test("A clock set back is followed within seconds where datagrams are many, within minutes where they are few")
    func back() {
        var busy = ClockOffset()
        feed(&busy, at: every(0.5, from: 0, to: 100), offset: 40)
        feed(&busy, at: every(0.5, from: 100, to: 107), offset: 0)
        #expect(isAbout(busy, 0))
        var quiet = ClockOffset()
        feed(&quiet, at: every(60, from: 0, to: 600), offset: 40)
        #expect(isAbout(quiet, 40))
        feed(&quiet, at: every(60, from: 600, to: 900), offset: 0)
        #expect(isAbout(quiet, 0))
    }

    @Test("Our own clock set back is no matter of the exporter's")
    func own() {
        var clock = ClockOffset()
        feed(&clock, at: every(1, from: 1000, to: 1100), offset: 0)
        feed(&clock, at: every(1, from: 400, to: 430), offset: 600)
        #expect(isAbout(clock, 600))
        feed(&clock, at: every(1, from: 430, to: 440), offset: 600)
        #expect(isAbout(clock, 600))
    }

    @Test("Nothing on the wire traps")
    func extremes() {
        var clock = ClockOffset()
        for export in [Int64.min, .max, 0, 1, .min, .max] {
            for receive in [1, Int64.max, .min, 0] {
                clock.take(exportTime: Timestamp(nanoseconds: export), receivedAt: Timestamp(nanoseconds: receive))
                _ = clock.correction
            }
        }
    }

    @Test("Flow times are corrected by it before anybody looks an address up by them")
    func correction() throws {
        var session = session()
        for second in 0..<20 {
            let out = session.count(
                [
                    flow { flow in
                        flow.start = seconds(Double(second) + 35)
                        flow.end = seconds(Double(second) + 38)
                    }
                ], at: seconds(Double(second))
            ) { $0.exportTime = seconds(Double(second) + 40) }
            #expect(try #require(out.first).end == seconds(Double(second) - 2))
            #expect(try #require(out.first).start == seconds(Double(second) - 5))
        }
        #expect(session.status().clockOffsetNanoseconds == 40_000_000_000)
    }
}
