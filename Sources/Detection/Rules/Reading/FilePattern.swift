import Glibc

/// Paths with `*`, `?` and `[…]` for any text, any character and one of some (POSIX `glob`).
enum FilePattern {
    static func isPattern(_ path: String) -> Bool {
        path.contains { "*?[".contains($0) }
    }

    /// A folder of a path or a pattern cannot be looked into.
    struct Unreadable: Error {
        /// `errno`.
        var code: Int32
        var description: String { unsafe String(cString: strerror(code)) }
    }

    /// The files that there are, sorted; none where a folder isn't there.
    static func files(_ pattern: String) throws(Unreadable) -> [String] {
        guard isPattern(pattern) else {
            if unsafe access(pattern, F_OK) == 0 { return [pattern] }
            if errno == ENOENT { return [] }
            throw Unreadable(code: errno)
        }
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        let result = unsafe glob(pattern, GLOB_ERR, nil, &found)
        let code = errno
        if result == GLOB_ABORTED, code != ENOENT { throw Unreadable(code: code) }
        guard result == 0, let paths = unsafe found.gl_pathv else { return [] }
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in unsafe paths[index].map { unsafe String(cString: $0) } }
    }
}
