extension ValueKind where Value == Int64 {
    /// A length of time with its units (`35s`, `5m`, `1h30m`, `500ms`), in nanoseconds.
    package static func duration(in range: ClosedRange<Duration>) -> ValueKind {
        let bounds = range.lowerBound.nanoseconds...range.upperBound.nanoseconds
        return ValueKind("a duration", try: "30s, 5m") { text throws(ValueError) in
            try refuseBareNumber(text, example: "\(text)s")
            return try DurationText.nanoseconds(text)?.within(bounds, DurationText.string(nanoseconds:))
        }
    }
}

extension ValueKind where Value == Int {
    /// An amount of memory or data with its unit (`64KB` is 64,000, `16MiB` is 16,777,216), in octets.
    package static func byteSize(in range: ClosedRange<Int>) -> ValueKind {
        ValueKind("a size in bytes", try: "64KB, 16MiB") { text throws(ValueError) in
            try refuseBareNumber(text, example: "\(text)B, 16MiB")
            guard let (number, name) = Quantity.split(text), let unit = ByteSizeText.units.first(where: { $0.name == name }),
                let octets = Quantity.multiply(number, by: unit.octets)
            else { return nil }
            return try Int(clamping: octets).within(range) { ByteSizeText.string(octets: Int64($0)) }
        }
    }
}

extension ValueKind where Value == Double {
    /// A part of a whole (`25%`, `2.5%`), as a fraction (0.25).
    package static func percentage(in range: ClosedRange<Double>) -> ValueKind {
        ValueKind("a percentage", try: "25%") { text throws(ValueError) in
            guard let (number, unit) = Quantity.split(text), let percent = Double(number), percent.isFinite else { return nil }
            if unit.isEmpty { throw ValueError("has no % (try \(PercentageText.string(percent <= 1 ? percent : min(percent / 100, 1))))") }
            guard unit == "%" else { return nil }
            return try (percent / 100).within(range, PercentageText.string)
        }
    }

    /// An amount of data a second (`10MB/s`, `16MiB/s`, `100Mbit/s`), in octets a second.
    package static func rate(in range: ClosedRange<Double>) -> ValueKind {
        ValueKind("a rate", try: "10MB/s, 100Mbit/s") { text throws(ValueError) in
            try refuseBareNumber(text, example: "\(text)MB/s, \(text)Mbit/s")
            guard let (number, unit) = Quantity.split(text), let amount = Double(number), unit.hasSuffix("/s") else { return nil }
            let bits: [(name: String, octets: Double)] = [("bit", 1 / 8), ("kbit", 125), ("Mbit", 125_000), ("Gbit", 125_000_000)]
            let units = ByteSizeText.units.map { ($0.name, Double($0.octets)) } + bits
            guard let factor = units.first(where: { $0.0 == unit.dropLast(2) })?.1 else { return nil }
            return try (amount * factor).within(range) { "\($0)B/s" }
        }
    }
}

/// Throws for a number without a unit, which would leave the reader to guess it.
private func refuseBareNumber(_ text: String, example: String) throws(ValueError) {
    if let (_, unit) = Quantity.split(text), unit.isEmpty { throw ValueError("has no unit (try \(example))") }
}

extension Duration {
    /// The nearest that 64 bits hold, which is 292 years.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000
    }
}
