import FlowModel
import Foundation

/// RFC 3339 with milliseconds, in UTC, as Alertmanager reads it.
package enum TimeText {
    /// Go's time zero, which stands for "not yet".
    package static let never = "0001-01-01T00:00:00Z"

    /// The text of a time.
    package static func text(_ time: Timestamp) -> String {
        Date(timeIntervalSince1970: Double(time.nanoseconds / 1_000_000) / 1000).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
