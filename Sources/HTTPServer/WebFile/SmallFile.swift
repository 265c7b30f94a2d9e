import Glibc

/// Files that are read whole, such as certificates.
enum SmallFile {
    /// Why a file could not be read; worded to follow its name.
    struct Unreadable: Error {
        var message: String
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
}
