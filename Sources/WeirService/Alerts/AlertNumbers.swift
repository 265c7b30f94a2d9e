import Detection
import FlowModel
import Foundation

/// Numbers and times of alerts as people read them.
enum AlertNumbers {
    /// `12.3M`.
    static func short(_ value: Double) -> String { GoNumber.humanize(value) }

    /// A value with its unit: `12.3M bytes/s`, `4.5%`.
    static func text(_ value: Double, _ unit: String) -> String {
        switch unit {
        case "ratio": GoNumber.humanizePercentage(value)
        case "seconds": GoNumber.humanizeDuration(value)
        default: "\(short(value)) \(unit)"
        }
    }

    /// On the axis of a plot, which says the unit beside it: `12.3M`, `4.5%`.
    static func axis(_ value: Double, _ unit: String) -> String { unit == "ratio" ? text(value, unit) : short(value) }

    /// A unit as it stands beside numbers without one.
    static func words(of unit: String) -> String { unit == "ratio" ? "percent" : unit }

    /// `14:03:15`, in UTC.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 9e9 else { return "" }
        return Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle().time(includingFractionalSeconds: false))
    }

    /// `2026-01-31 14:03:15 UTC`.
    static func time(_ time: Timestamp) -> String {
        Date(timeIntervalSince1970: time.seconds).formatted(
            Date.ISO8601FormatStyle().year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)) + " UTC"
    }
}
