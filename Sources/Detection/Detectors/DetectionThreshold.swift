import Foundation

/// From a rule's sensitivity and its number of series to the score from which something is told.
package enum DetectionThreshold {
    /// Key: `sensitivity`.
    package enum Sensitivity: Sendable, Equatable {
        case low
        case medium
        case high
        /// The score itself, whatever the number of series; above 0.
        case score(Double)
    }

    /// The threshold for so many series.
    package static func theta(sensitivity: Sensitivity, series: Int) -> Double {
        switch sensitivity {
        case .score(let score): score
        case .low: 4
        case .medium: 2
        case .high: 1
        }
    }
}
