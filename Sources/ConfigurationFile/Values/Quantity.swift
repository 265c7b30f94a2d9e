/// A number and its unit as people write them: `1h30m`, `16MiB`, `25%`.
enum Quantity {
    /// Splits `16MiB` into its digits (with a decimal point where there is one) and its unit; nil where it doesn't begin with a digit.
    static func split(_ text: some StringProtocol) -> (number: String, unit: String)? {
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard let first = number.first, first != ".", number.last != "." else { return nil }
        return (String(number), String(text.dropFirst(number.count)))
    }

    /// `number` × `factor` where it is a whole number that fits; nil for fractions and for what doesn't fit.
    static func multiply(_ number: String, by factor: Int64) -> Int64? {
        guard let number = Int64(number) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

/// Lengths of time: `500ms`, `30s`, `1h30m`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// Nanoseconds as they are written in a configuration: the largest units first, `0s` for none. Negative ones count as none.
    package static func string(nanoseconds: Int64) -> String {
        var rest = max(nanoseconds, 0)
        var text = ""
        for unit in units where rest >= unit.nanoseconds {
            text += "\(rest / unit.nanoseconds)\(unit.name)"
            rest %= unit.nanoseconds
        }
        return text.isEmpty ? "0s" : text
    }

    /// Nanoseconds; nil where a unit is missing, unknown, there twice or out of order, and where they don't fit.
    static func nanoseconds(_ text: String) -> Int64? {
        var rest = text[...]
        var total: Int64 = 0
        var unitsLeft = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0.isASCII && $0.isNumber) }
            rest = rest.dropFirst(name.count)
            guard let index = unitsLeft.firstIndex(where: { $0.name == name }),
                let part = Quantity.multiply(String(digits), by: units[index].nanoseconds)
            else { return nil }
            unitsLeft = units[(index + 1)...]
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return text.isEmpty ? nil : total
    }
}

/// Amounts of memory or data: `64KB` (1000), `16MiB` (1024).
package enum ByteSizeText {
    static let units: [(name: String, octets: Int64)] = [
        ("B", 1), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// Octets as they are written in a configuration: in the largest unit that leaves a whole number.
    package static func string(octets: Int64) -> String {
        let unit = units.filter { octets % $0.octets == 0 && octets >= $0.octets }.max { $0.octets < $1.octets }
        return unit.map { "\(octets / $0.octets)\($0.name)" } ?? "\(octets)B"
    }
}

/// Parts of a whole: `25%`.
package enum PercentageText {
    /// A fraction (0.25) as it is written in a configuration (`25%`).
    package static func string(_ fraction: Double) -> String {
        // Hundredths of a percent are exact in what a person writes; the division afterwards gives the shortest text for them.
        let percent = (fraction * 1_000_000).rounded() / 10_000
        return percent == percent.rounded() ? "\(Int64(exactly: percent.rounded()) ?? 0)%" : "\(percent)%"
    }
}
