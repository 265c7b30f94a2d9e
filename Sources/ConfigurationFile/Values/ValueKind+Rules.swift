extension ValueKind where Value == Double {
    /// So many of something a second (`100 packets/s`, `0.5 records/s`), or just `100/s`.
    ///
    /// - Parameter noun: what is counted, in the plural.
    package static func countRate(of noun: String, in range: ClosedRange<Double>) -> ValueKind {
        ValueKind("a rate", try: "100 \(noun)/s") { text throws(ValueError) in
            guard let (number, rest) = Quantity.split(text), let amount = Double(number) else { return nil }
            let unit = rest.drop { $0 == " " }
            if unit.isEmpty { throw ValueError("has no unit (try \(number) \(noun)/s)") }
            guard unit == "\(noun)/s" || unit == "/s" else { throw ValueError("is not in \(noun)/s (try \(number) \(noun)/s)") }
            return try amount.within(range) { "\($0) \(noun)/s" }
        }
    }
}

extension ValueKind {
    /// One of `words`, or a value of another kind.
    package static func word(_ words: KeyValuePairs<String, Value>, or kind: ValueKind<Value>) -> ValueKind {
        let names = words.map(\.key).joined(separator: ", ")
        return ValueKind("one of \(names), or \(kind.noun)", try: "\(names), \(kind.examples)") { text throws(ValueError) in
            if let found = words.first(where: { $0.key == text }) { return found.value }
            return try kind.read(text)
        }
    }

    /// Those of the values that can be made into something else, which is then called `noun`.
    package func compactMap<Other>(_ noun: String, try examples: String, _ transform: @escaping (Value) -> Other?) -> ValueKind<Other> {
        ValueKind<Other>(noun, try: examples, isSecret: isSecret) { text throws(ValueError) in try read(text).flatMap(transform) }
    }

    /// The same values, made into something else.
    package func map<Other>(_ transform: @escaping (Value) -> Other) -> ValueKind<Other> {
        ValueKind<Other>(noun, try: examples, isSecret: isSecret) { text throws(ValueError) in try read(text).map(transform) }
    }
}

extension ValueKind where Value == Double {
    /// A number above 0, with or without a fraction.
    package static func number(in range: ClosedRange<Double>) -> ValueKind {
        ValueKind("a number", try: "1, 0.5") { text throws(ValueError) in
            guard let (number, unit) = Quantity.split(text), unit.isEmpty, let value = Double(number), value.isFinite else { return nil }
            return try value.within(range) { "\($0)" }
        }
    }
}

extension ValueKind where Value == String {
    /// A pattern that names match, with `*` for any text and `?` for any character.
    package static var pattern: ValueKind {
        ValueKind("a pattern", try: "shop-*, \"!monitoring\"") { text throws(ValueError) in
            let body = text.hasPrefix("!") ? text.dropFirst() : text[...]
            if text.hasPrefix("!"), body.isEmpty { throw ValueError("names nothing behind the ! (try \"!monitoring\")") }
            let allowed = body.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }
            return body.unicodeScalars.count > 253 || !allowed ? nil : text
        }
    }

    /// What is wrong with the name of a label or an annotation, as Prometheus has them; nil where nothing is.
    package static func labelNameProblem(_ name: String) -> String? {
        let isFit = name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F }
        let startsWell = name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
        return isFit && startsWell && !name.hasPrefix("__") ? nil : "is not a label's name (letters, digits and underscores, no digit first, not __)"
    }
}

extension ValueKind where Value == UInt8 {
    /// An IP protocol by its name or its number (RFC 5237).
    package static var ipProtocol: ValueKind {
        ValueKind("a protocol", try: "tcp, udp, icmp, icmpv6, sctp, 47") { text in
            IPProtocolText.names.first { $0.name == text.lowercased() }?.number
                ?? (text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(text) : nil)
        }
    }
}

/// IP protocols as they are written.
package enum IPProtocolText {
    fileprivate static let names: [(name: String, number: UInt8)] = [
        ("icmp", 1), ("igmp", 2), ("tcp", 6), ("udp", 17), ("gre", 47), ("esp", 50), ("icmpv6", 58), ("sctp", 132),
    ]

    /// The name of a protocol; its number where it has none here.
    package static func string(_ number: UInt8) -> String {
        names.first { $0.number == number }?.name ?? "\(number)"
    }
}
