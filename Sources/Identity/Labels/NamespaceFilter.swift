/// Which namespaces are exposed. What is left out counts as `reserved:other`, so that sums stay true.
package struct NamespaceFilter: Sendable, Equatable {
    /// Patterns; where there are none, every namespace is taken.
    package var include: [String] = []
    /// Patterns of those that are left out all the same.
    package var exclude: [String] = []

    /// All of them.
    package init() {}

    /// Whether ends in `namespace` are exposed by their own names. Weir's own namespaces, which have a colon, always are.
    package func admits(_ namespace: String) -> Bool {
        if include.isEmpty, exclude.isEmpty { return true }
        if namespace.utf8.contains(UInt8(ascii: ":")) { return true }
        return (include.isEmpty || include.contains { Self.matches(namespace, $0) }) && !exclude.contains { Self.matches(namespace, $0) }
    }

    /// Whether a name is of a pattern, in which `*` stands for any text, and `?` for any character.
    package static func matches(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
        var (position, place) = (0, 0)
        // Where to go on when what stands behind the last star does not fit: one character further.
        var retry: (position: Int, place: Int)?
        while position < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                place += 1
                retry = (position, place)
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == name[position] {
                position += 1
                place += 1
            } else if let last = retry {
                position = last.position + 1
                place = last.place
                retry = (position, place)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
