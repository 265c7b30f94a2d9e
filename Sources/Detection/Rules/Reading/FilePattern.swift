import Glibc

/// Paths with `*`, `?` and `[…]` for any text, any character and one of some (POSIX `glob`).
enum FilePattern {
    static func isPattern(_ path: String) -> Bool {
        path.contains { "*?[".contains($0) }
    }

    /// The files that there are, sorted.
    static func files(_ pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, GLOB_ERR, nil, &found) == 0, let paths = unsafe found.gl_pathv else { return [] }
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in unsafe paths[index].map { unsafe String(cString: $0) } }
    }
}
