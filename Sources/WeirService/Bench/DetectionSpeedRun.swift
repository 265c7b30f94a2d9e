import Detection
import FlowModel
import Foundation

/// `weir bench detection --series`: what a tick of all series costs.
package enum DetectionSpeedRun {
    /// Makes a bank of `series` that know their day, and prints what a tick of all of them takes: the median of the rounds, the least and the most.
    package static func run(series: Int) {
        var bank = DetectorBank(DetectorBank.Settings(unit: 10), limit: series)
        for _ in 0..<series { _ = bank.add(at: 0) }
        var generator = SplitMix64(seed: 1)
        let ticks = (0..<4).map { _ in (0..<series).map { _ in Double.random(in: 90..<110, using: &generator).rounded() } }
        // Thirteen hours, of which two ticks each are taken, and then the third day: what is measured is of grown series, whose hours do not end.
        var tick: Int64 = 0
        for hour in 0..<13 {
            tick = Int64(hour) * 240 + 238
            for _ in 0..<2 {
                _ = bank.take(ticks[Int(tick) % 4], tick: tick)
                tick += 1
            }
        }
        tick = 4 * 5760
        _ = bank.take(ticks[0], tick: tick)
        var nanoseconds: [Double] = []
        for _ in 0..<9 {
            let start = WallClock.processor
            let rounds = max(1, 200_000 / series)
            for _ in 0..<rounds {
                tick += 1
                _ = bank.take(ticks[Int(tick) % 4], tick: tick)
            }
            nanoseconds.append(Double(WallClock.processor - start) / Double(rounds * series))
        }
        nanoseconds.sort()
        StandardOutput.write(
            Array(
                """
                {"series":\(series),"nanosecondsPerSeries":\(PairsRun.tenths(nanoseconds[4])),"least":\(PairsRun.tenths(nanoseconds[0])),\
                "most":\(PairsRun.tenths(nanoseconds[8])),"tickMilliseconds":\(PairsRun.tenths(nanoseconds[4] * Double(series) / 1e6)),\
                "octetsPerSeries":\(DetectorBank.octetsPerSeries(.tail)),"octetsPerSeriesWithRecords":\(DetectorBank.octetsPerSeries(.both))}

                """.utf8))
    }
}
