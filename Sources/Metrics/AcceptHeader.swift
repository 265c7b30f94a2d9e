/// What a client says it takes: the list in an `Accept` or `Accept-Encoding` header (RFC 9110 §12.4.2, §12.5).
public struct AcceptHeader: Sendable, Equatable {
    /// One choice, with how much the client likes it.
    public struct Choice: Sendable, Equatable {
        /// A media range or a coding, in lower case: `text/plain`, `gzip`, `*`.
        public var value: String
        /// Parameters but for `q`; names in lower case, quotes taken off.
        public var parameters: [String: String]
        /// 0 (not acceptable) to 1.
        public var quality: Double
    }

    /// The choices, in the header's order.
    public var choices: [Choice]

    /// Reads a header's value; what cannot be understood is left out, and a quality that is no number from 0 to 1 counts as 1.
    public init(_ header: String) {
        choices = header.split(separator: ",").compactMap { Choice(element: $0) }
    }
}

extension AcceptHeader.Choice {
    fileprivate init?(element: Substring) {
        let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
        guard let first = parts.first, !first.isEmpty else { return nil }
        value = first.lowercased()
        parameters = [:]
        quality = 1
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = trimmed(part[..<equals]).lowercased()
            let text = trimmed(part[part.index(after: equals)...]).filter { $0 != "\"" }
            if name == "q" {
                if let number = Double(text), number >= 0, number <= 1 { quality = number }
            } else {
                parameters[name] = text
            }
        }
    }
}

private func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
}
