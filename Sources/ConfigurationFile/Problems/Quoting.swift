/// Shows what was found in a file to a person: quoted, shortened, and without characters that a terminal would obey.
enum Quoting {
    private static let longest = 60

    /// A value, always in quotes.
    static func value(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar {
            case "\"", "\\": shown += "\\\(scalar)"
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            default: shown += scalar.isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return shown + (text.unicodeScalars.count > longest ? "…\"" : "\"")
    }

    /// A key: bare where it is a plain word.
    static func key(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.<".unicodeScalars.contains($0))
        }
        return plain && !text.isEmpty && text.utf8.count <= longest ? text : value(text)
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows it and does nothing else: no control, format (bidirectional overrides), surrogate or private-use character.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
