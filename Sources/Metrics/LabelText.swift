/// Labels as they stand in a line, `name="value",…`, escaped once and used for every line.
public struct LabelText: Sendable, Hashable, Comparable {
    /// No labels.
    public static let none = Self([:])

    /// The text, without braces; empty where there are no labels.
    public private(set) var bytes: [UInt8]

    /// The text of `labels`, in their order; their names are taken as they are, and must be different.
    public init(_ labels: KeyValuePairs<String, String>) {
        bytes = []
        for (name, value) in labels { append(name, value) }
    }

    /// Adds a label.
    public mutating func append(_ name: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(value, quotes: true, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// By the text's octets.
    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// Backslash, line feed and, where asked, double quotes are escaped; all else stands for itself (both formats alike).
func appendEscaped(_ text: String, quotes: Bool, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\\"):
            bytes.append(byte)
            bytes.append(byte)
        case UInt8(ascii: "\n"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\"") where quotes:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        default:
            bytes.append(byte)
        }
    }
}
