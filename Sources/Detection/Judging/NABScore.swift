import Foundation

/// The scoring rules of the Numenta Anomaly Benchmark, version 1.1 (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015, and its sweeper).
package struct NABScore: Sendable {
    /// What a detector is rewarded and punished for.
    package struct Profile: Sendable {
        package var name: String
        /// Weight of a window that was found; of one that wasn't; of a false alarm.
        var found: Double
        var missed: Double
        var falseAlarm: Double

        package static let all = [
            Profile(name: "standard", found: 1, missed: 1, falseAlarm: 0.11),
            Profile(name: "reward_low_FP_rate", found: 1, missed: 1, falseAlarm: 0.22),
            Profile(name: "reward_low_FN_rate", found: 1, missed: 2, falseAlarm: 0.11),
        ]
    }

    /// A row that a threshold may turn into an alarm.
    private struct Row {
        var score: Double
        /// Of 1 for the earliest place in a window to -1 far behind one, without weights.
        var worth: Double
        /// Number of the window that it is in; nil: outside.
        var window: Int?
    }

    private var rows: [Row] = []
    private var windows = 0

    package init() {}

    /// Adds a file.
    ///
    /// - Parameters:
    ///   - scores: of each row.
    ///   - windows: row numbers, in order.
    package mutating func add(scores: [Double], windows ranges: [ClosedRange<Int>]) {
        // Nothing counts in the first 15 %, of at most 5,000 rows.
        let probation = min(Int(0.15 * Double(scores.count)), 750)
        var current = 0
        for index in scores.indices {
            while current < ranges.count, index > ranges[current].upperBound { current += 1 }
            guard index >= probation else { continue }
            if current < ranges.count, ranges[current].contains(index) {
                let range = ranges[current]
                let place = -Double(range.upperBound - index + 1) / Double(range.count)
                rows.append(Row(score: scores[index], worth: Self.worth(place) / Self.worth(-1), window: windows + current))
            } else if current > 0 {
                let before = ranges[current - 1]
                let place = Double(index - before.upperBound) / Double(max(before.count - 1, 1))
                rows.append(Row(score: scores[index], worth: Self.worth(place), window: nil))
            } else {
                rows.append(Row(score: scores[index], worth: -1, window: nil))
            }
        }
        windows += ranges.count
    }

    /// The scaled sigmoid: near 1 at -1, 0 at the end of a window, -1 from three widths behind it on.
    static func worth(_ place: Double) -> Double { place > 3 ? -1 : 2 / (1 + exp(5 * place)) - 1 }

    /// The best score that one threshold for all files reaches, 0 for a detector that says nothing and 100 for a perfect one, and that threshold.
    package func best(_ profile: Profile) -> (score: Double, threshold: Double) {
        guard windows > 0 else { return (0, .infinity) }
        let null = -profile.missed * Double(windows)
        let perfect = profile.found * Double(windows)
        var found = [Double](repeating: -profile.missed, count: windows)
        var total = null
        var best = (total: null, threshold: Double.infinity)
        let sorted = rows.sorted { $0.score > $1.score }
        for (index, row) in sorted.enumerated() {
            if let window = row.window {
                let worth = max(found[window], row.worth * profile.found)
                total += worth - found[window]
                found[window] = worth
            } else {
                total += row.worth * profile.falseAlarm
            }
            // Rows of the same score are alarms together.
            let isLast = index + 1 == sorted.count || sorted[index + 1].score < row.score
            if isLast, total > best.total { best = (total, row.score) }
        }
        return (100 * (best.total - null) / (perfect - null), best.threshold)
    }
}
