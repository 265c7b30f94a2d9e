import Foundation

/// Numbers as people read and write them.
enum NumberText {
    /// All digits, without an exponent, as a configuration has it.
    static func plain(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        var text = String(format: "%.9f", value)
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// About three digits with a decimal prefix: `1.23M`.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let prefixes: [(factor: Double, name: String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        let prefix = prefixes.first { abs(value) >= $0.factor } ?? (1, "")
        return digits(value / prefix.factor) + prefix.name
    }

    /// A rate of a quantity: `1.23 MB/s`, `250 packets/s`.
    static func rate(_ value: Double, of quantity: Rule.Quantity) -> String {
        quantity == .bytes ? spaced(value) + "B/s" : "\(short(value)) \(quantity.unit)/s"
    }

    /// A fraction as a percentage: `2.5 %`.
    static func percent(_ fraction: Double) -> String {
        "\(digits(fraction * 100)) %"
    }

    private static func spaced(_ value: Double) -> String {
        let text = short(value)
        guard let last = text.last, last.isLetter else { return text + " " }
        return "\(text.dropLast()) \(last)"
    }

    /// Three significant digits, more for whole numbers below a thousand.
    private static func digits(_ value: Double) -> String {
        let size = abs(value)
        if value == value.rounded(), size < 1e6 { return String(format: "%.0f", value) }
        return plain(Double(String(format: "%.3g", value)) ?? value)
    }
}
