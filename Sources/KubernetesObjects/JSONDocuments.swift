import Foundation

/// Tells the JSON objects apart that stand one behind the other in a file, as several calls of `kubectl get -o json >> FILE` leave them.
enum JSONDocuments {
    /// Where each object is: from behind the one before, with the space (or a line `---`) between them left out, to its closing brace. What is no JSON
    /// is part of some range, for the decoder to refuse.
    static func ranges(in data: Data) -> [Range<Data.Index>] {
        var ranges: [Range<Data.Index>] = []
        var start: Data.Index?
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(data.indices, data) {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            if start == nil {
                if isSpace(byte) || depth == 0 && !ranges.isEmpty && byte == UInt8(ascii: "-") { continue }
                start = index
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0, let first = start {
                    ranges.append(first..<data.index(after: index))
                    start = nil
                }
            default: break
            }
        }
        if let start { ranges.append(start..<data.endIndex) }
        return ranges
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
