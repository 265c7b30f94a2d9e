/// A text that must not be shown: it prints as `<secret>` however it is printed.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What is shown in its place.
    package static let placeholder = "<secret>"

    /// The text itself, for the one who must send it.
    package let revealed: String

    package init(_ text: String) {
        revealed = text
    }

    package var description: String { Self.placeholder }
    package var debugDescription: String { Self.placeholder }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueKind where Value == Secret {
    /// A text that problems don't show either.
    package static var secret: ValueKind {
        ValueKind("a secret", try: "a text in quotes", isSecret: true) { text in text.isEmpty ? nil : Secret(text) }
    }
}
