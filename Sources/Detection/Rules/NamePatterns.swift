import Identity

/// Patterns for a name, `*` for any text and `?` for any character; a `!` in front says "not". A name fits where it matches one of those without `!`, or
/// there is none, and none of those with it.
package struct NamePatterns: Sendable, Hashable {
    /// As they were written.
    package let texts: [String]
    private let wanted: [String]
    private let refused: [String]

    package init(_ texts: [String] = []) {
        self.texts = texts
        wanted = texts.filter { !$0.hasPrefix("!") }
        refused = texts.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
    }

    /// Whether every name fits.
    package var isOpen: Bool { texts.isEmpty }

    package func admits(_ name: String) -> Bool {
        (wanted.isEmpty || wanted.contains { NamespaceFilter.matches(name, $0) }) && !refused.contains { NamespaceFilter.matches(name, $0) }
    }
}
