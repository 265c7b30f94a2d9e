import Glibc

/// Files of credentials, which are read whole.
enum SmallFile {
    /// Why a file could not be read; worded to follow its name.
    struct Unreadable: Error {
        var message: String
    }

    private static let maximumOctets = 1 << 20

    /// All of the file, at most 1 MiB.
    static func read(_ path: String) throws(Unreadable) -> [UInt8] {
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

    /// The text of a file with a token, without the line feed at its end.
    static func token(_ path: String) throws(Unreadable) -> String {
        let octets = try read(path)
        let text = octets.split(whereSeparator: { $0 <= 0x20 }).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard !text.isEmpty else { throw Unreadable(message: "is empty") }
        return text
    }

    /// Whether there is something at the path that can be read.
    static func exists(_ path: String) -> Bool {
        unsafe access(path, R_OK) == 0
    }
}
