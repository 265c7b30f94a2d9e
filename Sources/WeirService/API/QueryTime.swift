import FlowModel
import Foundation

/// A time of a query or of an answer.
enum QueryTime {
    /// Reads RFC 3339, with or without a fraction, or seconds since 1970; nil where it is neither.
    static func read(_ text: String) -> Timestamp? {
        let seconds = Double(text) ?? (try? date(text))?.timeIntervalSince1970
        // 64-bit nanoseconds end in 2262.
        guard let seconds, abs(seconds) < 9e9 else { return nil }
        return Timestamp(nanoseconds: Int64(seconds * 1e9))
    }

    private static func date(_ text: String) throws -> Date {
        try Date(text, strategy: text.contains(".") ? Date.ISO8601FormatStyle(includingFractionalSeconds: true) : .iso8601)
    }

    /// RFC 3339 with milliseconds, in UTC; nil for a time without an end, or without a beginning.
    static func text(_ time: Timestamp) -> String? {
        guard time != .unknown, time != .distantFuture else { return nil }
        return Date(timeIntervalSince1970: time.seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
