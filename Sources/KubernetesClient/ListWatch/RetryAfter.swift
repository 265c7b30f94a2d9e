import FlowModel
import KubernetesObjects

/// The `Retry-After` header: seconds, or a date (RFC 9110 §10.2.3).
enum RetryAfter {
    /// Longer than this nobody means it; a wait that a mistaken header asks for must end.
    static let longest = Duration.seconds(600)

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// How long to wait from `now` on, at most `longest`; nil where the header is neither seconds nor a date.
    static func wait(_ header: String, at now: Timestamp) -> Duration? {
        let text = header.trimming
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return min(.seconds(Int64(text) ?? .max), longest)
        }
        guard let date = date(text) else { return nil }
        return min(.nanoseconds(max(date.since(now), 0)), longest)
    }

    /// The preferred form of an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7). Nobody sends the other two any more.
    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            let month = months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        // Beyond what nanoseconds hold.
        if parts[3].utf8.count == 4, parts[3] > "2200" { return .distantFuture }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return ObjectTime.timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}

extension String {
    /// Without spaces and tabs at its ends.
    fileprivate var trimming: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(self[first...last])
    }
}
