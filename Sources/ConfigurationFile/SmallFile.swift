import Glibc

/// Files that are read whole, such as certificates and tokens.
package enum SmallFile {
    /// Why a file could not be read; worded to follow its name.
    package struct Unreadable: Error {
        package var message: String

        package init(message: String) {
            self.message = message
        }
    }

    private static let maximumOctets = 1 << 20

    /// All of the file, at most 1 MiB.
    package static func read(_ path: String) throws(Unreadable) -> [UInt8] {
        // A pipe in a file's place must not make us wait for its writer.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unsafe Unreadable(message: "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unsafe Unreadable(message: "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return octets }
            octets += chunk[..<count]
            guard octets.count <= maximumOctets else { throw Unreadable(message: "is larger than 1 MiB") }
        }
    }
}
