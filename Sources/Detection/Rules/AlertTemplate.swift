/// The value of a rule's label or annotation: text in which stand `{{ $labels.NAME }}`, `{{ $value }}`, and that value through `humanize`,
/// `humanizePercentage` or `humanizeDuration` (`{{ $value | humanize }}` or `{{ humanize $value }}`).
///
/// That is what most of Prometheus' templates consist of, and it comes out as there. Nothing else of Go's template language is claimed: it is an error.
package struct AlertTemplate: Sendable, Equatable {
    /// Why a text is no template.
    package struct Mistake: Error, Equatable, CustomStringConvertible {
        /// Where it stands, in characters from the beginning, counted from 1.
        package var column: Int
        /// What is wrong, and what may stand there.
        package var message: String

        package var description: String { "character \(column): \(message)" }
    }

    private enum Function: String, CaseIterable {
        case humanize
        case humanizePercentage
        case humanizeDuration
    }

    private enum Part: Sendable, Equatable {
        case text(String)
        case label(String)
        case value(Function?)
    }

    /// The longest text that is taken, in octets.
    private static let longest = 16 << 10
    private static let claimed =
        "{{ $labels.NAME }}, {{ $value }} and {{ $value | humanize }} (or humanizePercentage, humanizeDuration) may stand there"

    private let parts: [Part]

    /// Reads a text. Throws where it is anything but what is claimed.
    package init(_ text: String) throws(Mistake) {
        guard text.utf8.count <= Self.longest else { throw Mistake(column: 1, message: "it is longer than \(Self.longest >> 10) KiB") }
        var parts: [Part] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "{{") {
            let column = text.distance(from: text.startIndex, to: opening.lowerBound) + 1
            if opening.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<opening.lowerBound]))) }
            guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else {
                throw Mistake(column: column, message: "{{ is never closed by }}")
            }
            let inner = String(rest[opening.upperBound..<closing.lowerBound])
            guard let part = Self.part(inner) else {
                throw Mistake(column: column, message: "{{\(inner.prefix(60))}} is not understood: \(Self.claimed)")
            }
            parts.append(part)
            rest = rest[closing.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// The text with what stands for something replaced; a label that is not there is empty, as in Prometheus.
    package func expand(labels: [String: String], value: Double) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let fixed): text += fixed
            case .label(let name): text += labels[name] ?? ""
            case .value(nil): text += GoNumber.shortest(value)
            case .value(.humanize): text += GoNumber.humanize(value)
            case .value(.humanizePercentage): text += GoNumber.humanizePercentage(value)
            case .value(.humanizeDuration): text += GoNumber.humanizeDuration(value)
            }
        }
        return text
    }

    /// Whether it is the same whatever the alert.
    package var isFixed: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    private static func part(_ inner: String) -> Part? {
        let words = inner.replacing("|", with: " | ").split(whereSeparator: \.isWhitespace)
        if words.count == 1 {
            if words[0] == "$value" { return .value(nil) }
            guard words[0].hasPrefix("$labels.") else { return nil }
            let name = words[0].dropFirst("$labels.".count)
            return isLabelName(name) ? .label(String(name)) : nil
        }
        if words.count == 3, words[0] == "$value", words[1] == "|" { return Function(rawValue: String(words[2])).map { .value($0) } }
        if words.count == 2, words[1] == "$value" { return Function(rawValue: String(words[0])).map { .value($0) } }
        return nil
    }

    private static func isLabelName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }
}
