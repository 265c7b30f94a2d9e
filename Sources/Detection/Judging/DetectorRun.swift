/// Detectors over a simulated series.
package enum DetectorRun {
    /// An alert that opened.
    package struct Opening: Sendable {
        /// Of the series.
        package var tick: Int
        package var side: DetectorSide
        package var judge: String
        package var score: Double
    }

    /// Ticks since 1970 of the Monday on which series begin.
    package static let monday: Int64 = 4 * 5760

    /// What opened.
    package static func openings(_ series: FlowSimulation.Series, _ settings: DetectorBank.Settings) -> [Opening] {
        var bank = DetectorBank(settings, limit: 1)
        _ = bank.add(at: monday)
        var openings: [Opening] = []
        for (tick, value) in series.values.enumerated() {
            for judged in bank.take([value ?? .nan], tick: monday + Int64(tick)) where judged.hasOpened {
                openings.append(Opening(tick: tick, side: judged.side, judge: judged.judge, score: judged.score))
            }
        }
        return openings
    }
}
