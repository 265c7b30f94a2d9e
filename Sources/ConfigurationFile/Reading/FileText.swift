import Glibc

/// Reads a small text file whole.
enum FileText {
    /// A configuration is written by a person; what is larger than this is another file by mistake.
    static let maximumOctets = 1 << 20

    static func read(_ path: String) throws(ConfigurationError) -> String {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(problems: [ConfigurationProblem(file: path, line: nil, key: "", message: message)])
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be opened: \(reason())") }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read: \(reason())") }
            if count == 0 { break }
            octets += chunk[..<count]
            guard octets.count <= maximumOctets else { throw failure("is larger than 1 MiB") }
        }
        guard let text = String(validating: octets, as: UTF8.self) else { throw failure("is not UTF-8 text") }
        return text
    }

    private static func reason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
