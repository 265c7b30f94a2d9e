import Foundation

/// Standard output, for what was asked for.
enum StandardOutput {
    /// Writes all of `bytes`. Ends the program quietly where the reader has gone (`weir decode … | head`).
    static func write(_ bytes: [UInt8]) {
        let error = FileDescriptorOutput.write(bytes, to: STDOUT_FILENO)
        if error != 0 { exit(error == EPIPE ? 0 : 1) }
    }
}
