/// Writes a configuration as YAML, every key with its value; what it writes can be read again, but for secrets.
package struct ConfigurationText {
    /// What stands at a key.
    package indirect enum Value: Sendable {
        /// A name, path or address; quoted where YAML could take it for something else.
        case text(String)
        /// A number, a switch, or a quantity with its unit, which stands as it is.
        case plain(String)
        /// A key that may be absent, and is.
        case absent
        case secret(Secret)
        case list([Value])
        case section([(key: String, value: Value)])

        /// A text, or a key that is absent.
        package static func text(_ text: String?) -> Value {
            text.map { .text($0) } ?? .absent
        }
    }

    private var root: [(key: String, value: Value)] = []

    package init() {}

    /// Puts `value` at a key, in the order of the calls; at one of a section where `section` names one.
    package mutating func set(_ key: String, in section: String? = nil, _ value: Value) {
        guard let section else {
            root.append((key, value))
            return
        }
        if let index = root.firstIndex(where: { $0.key == section }), case .section(let members) = root[index].value {
            root[index].value = .section(members + [(key, value)])
        } else {
            root.append((section, .section([(key, value)])))
        }
    }

    /// The YAML text.
    package var yaml: String {
        var text = ""
        for (key, value) in root {
            text += "\(key):"
            switch value {
            case .section(let members):
                text += "\n" + members.map { "  \($0.key): \(Self.inline($0.value))\n" }.joined()
            case .list(let elements) where elements.contains(where: \.isSection):
                text += "\n" + elements.map { "  - \(Self.inline($0))\n" }.joined()
            default:
                text += " \(Self.inline(value))\n"
            }
        }
        return text
    }

    private static func inline(_ value: Value) -> String {
        switch value {
        case .text(let text): scalar(text)
        case .plain(let text): text
        case .absent: "null"
        case .secret: Secret.placeholder
        case .list(let elements): "[\(elements.map(inline).joined(separator: ", "))]"
        case .section(let members) where members.isEmpty: "{}"
        case .section(let members): "{ \(members.map { "\($0.key): \(inline($0.value))" }.joined(separator: ", ")) }"
        }
    }

    /// Bare where it is a word that no version of YAML takes for something else; else in double quotes, whose escapes are JSON's (YAML 1.2 §5.7).
    private static func scalar(_ text: String) -> String {
        let guessed = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        let letters = text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "-_./".utf8.contains($0) }
        let startsWithLetter = text.utf8.first.map { (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "/") } ?? false
        if letters, startsWithLetter, !guessed.contains(text.lowercased()) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{E000}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension ConfigurationText.Value {
    fileprivate var isSection: Bool {
        if case .section = self { true } else { false }
    }
}
