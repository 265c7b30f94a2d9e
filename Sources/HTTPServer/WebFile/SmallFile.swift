import Glibc

/// Files that are read whole, such as certificates.
enum SmallFile {
    /// Why a file could not be read; worded to follow its name.
    struct Unreadable: Error {
        var message: String
    }

    /// What tells a file from what stood at its path before.
    struct Identity: Equatable {
        var device: UInt64
        var number: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    static let maximumOctets = 1 << 20

    /// All of the file, at most 1 MiB.
    static func read(_ path: String) throws(Unreadable) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unsafe Unreadable(message: "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unsafe Unreadable(message: "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumOctets else { throw Unreadable(message: "is larger than 1 MiB") }
        }
    }

    /// Nil where there is no such file.
    static func identity(_ path: String) -> Identity? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        return Identity(
            device: UInt64(facts.st_dev), number: UInt64(facts.st_ino), size: Int64(facts.st_size), seconds: facts.st_mtim.tv_sec,
            nanoseconds: facts.st_mtim.tv_nsec)
    }
}
