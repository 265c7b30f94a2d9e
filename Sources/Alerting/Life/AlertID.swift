/// What tells an alert from all others: Alertmanager's fingerprint of its labels.
///
/// FNV-1a with 64 bits over the labels in the order of their names: name, octet 0xFF, value, octet 0xFF (prometheus/common, `LabelSet.Fingerprint`).
package struct AlertID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64

    /// The fingerprint of `labels`; those without a value count like the others, as in Alertmanager, which is never sent any.
    package init(labels: [String: String]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ octet: UInt8) { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
        // Go sorts by octets; so do these.
        for (name, value) in labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            for octet in name.utf8 { add(octet) }
            add(0xFF)
            for octet in value.utf8 { add(octet) }
            add(0xFF)
        }
        number = hash
    }

    /// Reads 16 hexadecimal digits; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let number = UInt64(text, radix: 16)
        else { return nil }
        self.number = number
    }

    /// 16 hexadecimal digits.
    package var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    package static func < (left: AlertID, right: AlertID) -> Bool { left.number < right.number }
}

extension AlertID: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = AlertID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a fingerprint"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
