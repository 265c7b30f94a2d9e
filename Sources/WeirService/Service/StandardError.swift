import Foundation

/// Standard error, for people and for the log.
enum StandardError {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes `text`; where nobody reads any more, it is lost and nothing else happens.
    static func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Writes `bytes`; where nobody reads any more, they are lost and nothing else happens.
    static func write(_ bytes: [UInt8]) {
        _ = FileDescriptorOutput.write(bytes, to: STDERR_FILENO)
    }
}

/// Writes to a file descriptor that may be a pipe whose reader has gone.
enum FileDescriptorOutput {
    /// Writes all of `bytes`; 0, or the error number that kept it from doing so.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Foundation.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
