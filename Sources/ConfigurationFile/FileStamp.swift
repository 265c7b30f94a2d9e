import Glibc

/// What tells a file from what stood at its path before.
package struct FileStamp: Equatable, Sendable {
    private var device: UInt64
    private var number: UInt64
    private var size: Int64
    private var seconds: Int
    private var nanoseconds: Int

    /// That of the file at `path`, links followed; nil where there is none.
    ///
    /// Files are asked for it every second or two: Foundation's attributes would look up the owner's name in /etc/passwd each time.
    package init?(path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        device = UInt64(facts.st_dev)
        number = UInt64(facts.st_ino)
        size = Int64(facts.st_size)
        seconds = facts.st_mtim.tv_sec
        nanoseconds = facts.st_mtim.tv_nsec
    }
}
