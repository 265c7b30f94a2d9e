import Glibc

/// A file descriptor with the few calls that state needs, each finished or thrown (signals that interrupt it don't count).
struct POSIXFile: ~Copyable {
    /// The number of a failed call's error (`ENOSPC`).
    struct Failure: Error, Equatable {
        let number: Int32

        static var last: Failure { Failure(number: errno) }

        var message: String { unsafe String(cString: strerror(number)) }
    }

    private let descriptor: Int32

    /// Opens `path` with the flags of open(2); a file that is created is for nobody but us.
    init(_ path: String, _ flags: Int32) throws(Failure) {
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw .last }
    }

    /// Opens a file to read, or a directory to `synchronize`.
    static func reading(_ path: String) throws(Failure) -> POSIXFile {
        // A pipe in a file's place must not make us wait for its writer.
        try POSIXFile(path, O_RDONLY | O_NONBLOCK)
    }

    /// Creates a file that is not there yet.
    static func creating(_ path: String) throws(Failure) -> POSIXFile {
        try POSIXFile(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    deinit {
        close(descriptor)
    }

    /// All that is left in the file; nil where it is more than `limit` octets.
    func readAll(limit: Int) throws(Failure) -> [UInt8]? {
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in unsafe read(descriptor, buffer.baseAddress, buffer.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .last }
            if count == 0 { return octets }
            octets += chunk[..<count]
            if octets.count > limit { return nil }
        }
    }

    /// Writes all of `octets`.
    func writeAll(_ octets: [UInt8]) throws(Failure) {
        var written = 0
        while written < octets.count {
            let count = unsafe octets.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .last }
            written += count
        }
    }

    /// Waits until all of it is on the disk.
    func synchronize() throws(Failure) {
        while fsync(descriptor) != 0 {
            if errno != EINTR { throw .last }
        }
    }
}
