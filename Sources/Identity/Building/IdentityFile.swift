import FlowModel
import Glibc
import KubernetesObjects

/// The file that names the cluster's addresses, read again when it changes.
package struct IdentityFile: Sendable {
    private struct Stamp: Equatable, Sendable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int64
        var number: UInt64
    }

    package let path: String
    private var stamp: Stamp?
    private var seen: Stamp?

    package init(path: String) {
        self.path = path
    }

    /// Whether the file is not as it was when it was last read, and as it was when this was last asked: a file that is being written is left alone.
    package mutating func isDue() -> Bool {
        let now = Self.stamp(of: path)
        defer { seen = now }
        return now != stamp && now == seen
    }

    /// Reads the file. Throws what is wrong in it; it is not read again then until it changes.
    package mutating func read() throws(ObjectFile.Failure) -> ObjectFile {
        stamp = Self.stamp(of: path)
        return try ObjectFile(path: path)
    }

    /// Asked every two seconds: Foundation's attributes would look up the owner's name in /etc/passwd each time.
    private static func stamp(of path: String) -> Stamp? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        return Stamp(seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec, size: Int64(facts.st_size), number: UInt64(facts.st_ino))
    }
}
