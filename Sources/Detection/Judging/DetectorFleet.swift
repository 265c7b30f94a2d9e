/// Openings of alerts in simulated series into which nothing was put, at several thresholds: all of them false.
package struct DetectorFleet: Sendable {
    /// What is counted at a threshold.
    package struct Count: Sendable {
        package var threshold: Double
        /// Openings to each side, after the clean days and in the first two.
        package var spikes = 0
        package var drops = 0
        package var young = 0

        package init(threshold: Double) {
            self.threshold = threshold
        }
    }

    package private(set) var counts: [Count]
    package private(set) var days = 0.0
    package private(set) var youngDays = 0.0

    package init(thresholds: [Double]) {
        counts = thresholds.map { Count(threshold: $0) }
    }

    /// Runs a series of the simulation.
    package mutating func add(_ series: FlowSimulation.Series) {
        days += Double(series.values.count) / Double(FlowSimulation.ticksPerDay) - Double(FlowSimulation.cleanDays)
        youngDays += 2
        for index in counts.indices {
            for opening in DetectorRun.openings(series, .init(unit: 10, threshold: counts[index].threshold)) {
                if opening.tick < 2 * FlowSimulation.ticksPerDay {
                    counts[index].young += 1
                } else if opening.tick >= FlowSimulation.cleanDays * FlowSimulation.ticksPerDay {
                    if opening.side == .spike { counts[index].spikes += 1 } else { counts[index].drops += 1 }
                }
            }
        }
    }

    package mutating func add(_ other: DetectorFleet) {
        days += other.days
        youngDays += other.youngDays
        for index in counts.indices {
            counts[index].spikes += other.counts[index].spikes
            counts[index].drops += other.counts[index].drops
            counts[index].young += other.counts[index].young
        }
    }
}
