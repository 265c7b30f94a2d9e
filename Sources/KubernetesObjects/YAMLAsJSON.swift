import Foundation
internal import Yams

/// Writes YAML nodes as JSON, so that one decoder reads both. (Yams' own takes three times as long for a List of 10,000 pods.)
///
/// Plain scalars are typed as YAML 1.2's JSON schema does (§10.2), everything else is text: so `on` and `1_000` stay what they are.
struct YAMLAsJSON {
    /// Without aliases no text becomes longer than this many times (`\0` in quotes becomes `\u0000`, `-` becomes `null,`).
    private static let growth = 8

    private var octets: [UInt8] = []
    private let limit: Int

    /// The JSON text of `node`, of a document in a text of `size` octets. Throws where aliases of aliases make it grow beyond measure.
    static func data(_ node: Yams.Node, ofTextWith size: Int) throws -> Data {
        var json = YAMLAsJSON(limit: size &* growth &+ 1024)
        json.octets.reserveCapacity(size)
        try json.write(node)
        return Data(json.octets)
    }

    /// Whether a plain scalar is JSON's null.
    static func isNull(_ node: Yams.Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return true
        default: return false
        }
    }

    /// Whether a plain scalar is a number by JSON's grammar (RFC 8259 §6).
    static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !leadingZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private init(limit: Int) {
        self.limit = limit
    }

    private mutating func write(_ node: Yams.Node) throws {
        guard octets.count <= limit else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "its aliases make it too large; write the values out"))
        }
        switch node {
        case .scalar(let scalar):
            if scalar.style != .plain || scalar.tag == Tag(.str) {
                write(scalar.string)
            } else if Self.isNull(node) {
                octets.append(contentsOf: "null".utf8)
            } else if let boolean = Self.boolean(scalar.string) {
                octets.append(contentsOf: boolean.description.utf8)
            } else if Self.isNumber(scalar.string) {
                octets.append(contentsOf: scalar.string.utf8)
            } else {
                write(scalar.string)
            }
        case .sequence(let sequence):
            octets.append(UInt8(ascii: "["))
            for (index, element) in sequence.enumerated() {
                if index > 0 { octets.append(UInt8(ascii: ",")) }
                try write(element)
            }
            octets.append(UInt8(ascii: "]"))
        case .mapping(let mapping):
            octets.append(UInt8(ascii: "{"))
            var isFirst = true
            // A key that is no word names nothing that is read.
            for (key, value) in mapping {
                guard let word = key.scalar?.string else { continue }
                if !isFirst { octets.append(UInt8(ascii: ",")) }
                isFirst = false
                write(word)
                octets.append(UInt8(ascii: ":"))
                try write(value)
            }
            octets.append(UInt8(ascii: "}"))
        case .alias:
            octets.append(contentsOf: "null".utf8)
        }
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private mutating func write(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                octets.append(UInt8(ascii: "\\"))
                octets.append(octet)
            case 0..<0x20:
                octets.append(contentsOf: "\\u00".utf8)
                octets.append(Self.hexDigits[Int(octet >> 4)])
                octets.append(Self.hexDigits[Int(octet & 15)])
            default:
                octets.append(octet)
            }
        }
        octets.append(UInt8(ascii: "\""))
    }
}
