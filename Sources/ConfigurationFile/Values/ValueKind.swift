/// What a value may be, and how its text is read.
package struct ValueKind<Value> {
    /// What it is called in "is not …", with its article.
    let noun: String
    /// What to try instead, such as `30s, 5m`.
    let examples: String
    /// Whether problems keep the value to themselves.
    let isSecret: Bool
    /// Reads the text; nil where it is not of this kind at all, an error where more can be said.
    let read: (String) throws(ValueError) -> Value?

    init(_ noun: String, try examples: String, isSecret: Bool = false, read: @escaping (String) throws(ValueError) -> Value?) {
        self.noun = noun
        self.examples = examples
        self.isSecret = isSecret
        self.read = read
    }
}

/// Why a value is wrong, worded so that it follows the value in quotes.
struct ValueError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

extension ValueKind where Value == String {
    /// Any text but an empty one.
    package static var text: ValueKind {
        ValueKind("a text", try: "a text in quotes") { text in text.isEmpty ? nil : text }
    }

    /// Any text, also an empty one, in files where that stands for nothing.
    package static var anyText: ValueKind {
        ValueKind("a text", try: "a text in quotes") { $0 }
    }

    /// A name that goes into labels: 1 to 253 characters without a colon (which Weir's own reserved names have), space or control character.
    package static var name: ValueKind {
        ValueKind("a name", try: "one of letters, digits, - and .") { text throws(ValueError) in
            if text.contains(":") { throw ValueError("has a colon, which only Weir's own names have (try \(text.replacing(":", with: "-")))") }
            let allowed = text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }
            if text.unicodeScalars.count > 253 { throw ValueError("is longer than 253 characters") }
            return text.isEmpty || !allowed ? nil : text
        }
    }
}

extension ValueKind where Value == Bool {
    /// `true` or `false`, and none of YAML 1.1's other spellings.
    package static var flag: ValueKind {
        ValueKind("true or false", try: "true, false") { text throws(ValueError) in
            switch text.lowercased() {
            case "true": return true
            case "false": return false
            case "yes", "on", "y", "enabled": throw ValueError("is not true or false (write true)")
            case "no", "off", "n", "disabled": throw ValueError("is not true or false (write false)")
            default: return nil
            }
        }
    }
}

extension ValueKind where Value: FixedWidthInteger {
    /// A whole number in decimal digits.
    package static func integer(in range: ClosedRange<Value>) -> ValueKind {
        ValueKind("a whole number", try: "\(range.lowerBound) to \(range.upperBound)") { text throws(ValueError) in
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            guard let value = Value(text) else {
                let isLow = text.hasPrefix("-")
                throw ValueError(isLow ? "is less than \(range.lowerBound)" : "is more than \(range.upperBound)")
            }
            return try value.within(range) { "\($0)" }
        }
    }
}

extension ValueKind {
    /// One of `words`, in the order in which they are offered; `alternative` says what else the key takes that is no word.
    package static func word(_ words: KeyValuePairs<String, Value>, or alternative: String? = nil) -> ValueKind {
        word(among: words.map { ($0.key, $0.value) }, or: alternative)
    }

    /// `auto`, which is nil, or a value of another kind.
    package static func auto<Wrapped>(or kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind("auto or \(kind.noun)", try: "auto, \(kind.examples)", isSecret: kind.isSecret) { text throws(ValueError) in
            if text == "auto" { return .some(nil) }
            return try kind.read(text).map { .some($0) }
        }
    }

    fileprivate static func word(among words: [(name: String, value: Value)], or alternative: String? = nil) -> ValueKind {
        let names = words.map(\.name)
        let offered = (names + (alternative.map { [$0] } ?? [])).joined(separator: ", ")
        return ValueKind("one of \(offered)", try: offered) { text throws(ValueError) in
            if let found = words.first(where: { $0.name == text }) { return found.value }
            // YAML 1.1 reads off, no and false as one and the same; here they are words like others, and none that we take.
            if names.contains("disabled"), ["off", "no", "n", "false", "none", "disable"].contains(text.lowercased()) {
                throw ValueError("is not one of \(offered) (write disabled)")
            }
            let meant = Suggestion.nearest(to: text, among: names)
            throw ValueError("is not one of \(offered)" + (meant.map { " (did you mean \($0)?)" } ?? ""))
        }
    }
}

extension ValueKind where Value: CaseIterable & RawRepresentable<String> {
    /// One of the words of an enumeration.
    package static var word: ValueKind {
        word(among: Value.allCases.map { ($0.rawValue, $0) })
    }
}

extension Comparable {
    /// This value where it lies in `range`; else an error that names the bound.
    func within(_ range: ClosedRange<Self>, _ text: (Self) -> String) throws(ValueError) -> Self {
        if self < range.lowerBound { throw ValueError("is less than \(text(range.lowerBound))") }
        if self > range.upperBound { throw ValueError("is more than \(text(range.upperBound))") }
        return self
    }
}
