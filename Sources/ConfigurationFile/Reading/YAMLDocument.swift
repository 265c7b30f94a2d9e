internal import Yams

/// The text of one YAML document on its way to nodes that know their lines.
///
/// Yams stops at a key that is there twice; here such a key is marked and the text composed again, so that it is reported with its path,
/// beside whatever else is wrong.
struct YAMLDocument {
    /// Stands behind the text of a key that was there before (a private-use character, then a number that tells repeats apart).
    static let repeatMark: Character = "\u{E000}"
    private static let maximumRepeats = 50

    private var text: String
    private let name: String

    init(text: String, name: String) {
        self.text = text
        self.name = name
    }

    /// The root; nil where the document is empty. Throws one problem, since nothing behind a mistake in the syntax can be trusted.
    func compose() throws(ConfigurationError) -> Node? {
        guard let result = DeepStack.run({ Result { () throws(ConfigurationError) in try composeHere() } }) else {
            throw problem(line: nil, "cannot be read: there is no thread to be had")
        }
        return try result.get()
    }

    private func composeHere() throws(ConfigurationError) -> Node? {
        guard text.utf8.count <= FileText.maximumOctets else { throw problem(line: nil, "is larger than 1 MiB") }
        var document = self
        try document.refuseAliasKeys()
        for attempt in 1...Self.maximumRepeats {
            do {
                // Scalars are typed by whoever reads them: the basic resolver leaves YAML 1.1's guesses (no, 1_000, 12:30) out.
                // Yams keeps a pointer into the text: one of up to 15 octets has no memory of its own to point to.
                let text = document.text.utf8.count > 15 ? document.text : document.text + String(repeating: " ", count: 16)
                return try Yams.compose(yaml: text, .basic, .default, .utf8)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let key = keys.first ?? ""
                guard document.markRepeat(of: key, line: context.mark.line, column: context.mark.column, number: attempt) else {
                    throw problem(line: context.mark.line, key: Quoting.key(key), "is given twice")
                }
            } catch let error as YamlError {
                throw syntaxProblem(error)
            } catch {
                throw problem(line: nil, "is not YAML: \(error)")
            }
        }
        throw problem(line: nil, "gives more than \(Self.maximumRepeats) keys twice")
    }

    /// Yams hashes keys, and a key that is a list of aliases of lists of aliases … hashes for ever ("a billion laughs"): a file that has both
    /// many aliases and keys that are no words is refused. Fewer aliases than these expand to some 100,000 nodes at most.
    private func refuseAliasKeys() throws(ConfigurationError) {
        let octets = Array(text.utf8)
        var aliases = 0
        var oddKeys = false
        for (index, octet) in octets.enumerated() where index + 1 < octets.count {
            let next = octets[index + 1]
            switch octet {
            case UInt8(ascii: "*") where next.isWordOctet: aliases += 1
            case UInt8(ascii: "?") where next.isYAMLSpace: oddKeys = true
            case UInt8(ascii: "]"), UInt8(ascii: "}"): oddKeys = oddKeys || octets[(index + 1)...].firstBehindSpace == UInt8(ascii: ":")
            default: break
            }
            if octet == UInt8(ascii: "*"), !oddKeys {
                oddKeys = octets[(index + 1)...].drop(while: \.isWordOctet).firstBehindSpace == UInt8(ascii: ":")
            }
        }
        if aliases > 32 && oddKeys { throw problem(line: nil, "has many aliases, and keys that are lists or aliases; write these keys as words") }
    }

    /// Marks the next key of the same spelling in the same column below `line`; false where there is none (as in `{a: 1, a: 2}`).
    private mutating func markRepeat(of key: String, line: Int, column: Int, number: Int) -> Bool {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        let key = Array(key.utf8)
        guard line >= 1, column >= 1, !key.isEmpty, line < lines.count, lines[line - 1].prefix(column - 1).allSatisfy(\.isBlockIndent) else {
            return false
        }
        for index in line..<lines.count {
            guard lines[index].prefix(column - 1).allSatisfy({ $0 == UInt8(ascii: " ") }) else { continue }
            var rest = lines[index].dropFirst(column - 1)
            let quote = rest.first.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") ? $0 : nil }
            if quote != nil { rest = rest.dropFirst() }
            guard rest.starts(with: key) else { continue }
            let end = rest.startIndex + key.count
            rest = rest.dropFirst(key.count)
            if let quote {
                guard rest.first == quote else { continue }
                rest = rest.dropFirst()
            }
            guard rest.firstBehindSpace == UInt8(ascii: ":") else { continue }
            lines[index].insert(contentsOf: Array("\(Self.repeatMark)\(number)".utf8), at: end)
            text = String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
            return true
        }
        return false
    }

    private func syntaxProblem(_ error: YamlError) -> ConfigurationError {
        switch error {
        case .scanner(let context, let what, let mark, _), .parser(let context, let what, let mark, _), .composer(let context, let what, let mark, _):
            let place = context.map { ", \($0.text) in line \($0.mark.line)" } ?? ""
            let hint = what.contains("cannot start any token") ? " (indent with spaces, not tabs; quote a value that begins with @, % or `)" : ""
            return problem(line: mark.line, "is not YAML: \(what)\(place)\(hint)")
        case .reader(let what, let offset, _, _):
            let line = offset.map { text.prefix($0).reduce(1) { $0 + ($1.isNewline ? 1 : 0) } }
            return problem(line: line, "is not YAML: \(what)")
        default:
            return problem(line: nil, "is not YAML: \(error)")
        }
    }

    private func problem(line: Int?, key: String = "", _ message: String) -> ConfigurationError {
        ConfigurationError(problems: [ConfigurationProblem(file: name, line: line, key: key, message: message)])
    }
}

extension UInt8 {
    fileprivate var isYAMLSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    fileprivate var isBlockIndent: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "-") }
    // libyaml's own set of what an anchor's name is made of.
    fileprivate var isWordOctet: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F || self == 0x2D
    }
}

extension ArraySlice<UInt8> {
    fileprivate var firstBehindSpace: UInt8? { first { !$0.isYAMLSpace } }
}
