import Foundation

/// From a rule's sensitivity and its number of series to the score from which something is told (docs/detection.md, "Sensitivity").
package enum DetectionThreshold {
    /// Key: `sensitivity`.
    package enum Sensitivity: Sendable, Equatable {
        case low
        case medium
        case high
        /// The score itself, whatever the number of series; above 0.
        case score(Double)
    }

    /// Up to so many series the specification's threshold makes about one false alarm a day.
    private static let fewSeries = 50.0

    /// The threshold for so many series.
    ///
    /// High is the specification's 1. Medium rises from there with the logarithm of the number of series, to 3 for 2,000: what that leaves of false alarms and
    /// of recall is measured on simulated series. Low is medium, four tenths higher.
    package static func theta(sensitivity: Sensitivity, series: Int) -> Double {
        switch sensitivity {
        case .score(let score): score
        case .high: 1
        case .medium: medium(series)
        case .low: 1.4 * medium(series)
        }
    }

    private static func medium(_ series: Int) -> Double { 1 + 1.25 * max(0, log10(Double(max(series, 1)) / fewSeries)) }
}
