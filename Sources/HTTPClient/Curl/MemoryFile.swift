import CLinuxSockets
import Glibc

/// A file without a name in any folder, that ends with the process: for certificates and keys, which libcurl takes only from files.
final class MemoryFile {
    private let descriptor: Int32
    /// When an exchange with it began or ended last, by the monotonic clock in nanoseconds.
    var lastUse: Int64 = 0

    /// Where this process finds it. Another file may get the same path when this one is let go of.
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(_ octets: [UInt8]) throws(HTTPFailure) {
        descriptor = unsafe weir_memory_file("weir-pem")
        guard descriptor >= 0 else { throw Self.failure("cannot be made", -descriptor) }
        var written = 0
        while written < octets.count {
            let count = unsafe octets[written...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("cannot be written", errno) }
            written += count
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private static func failure(_ what: String, _ error: Int32) -> HTTPFailure {
        unsafe HTTPFailure(kind: .other, message: "a file in memory for certificates \(what): \(String(cString: strerror(error)))")
    }
}

/// The memory files of a transport: one for each content, so that connections of the same identity have the same paths.
struct MemoryFiles {
    /// libcurl tells the identities of connections apart by the paths of their files, and a path can be another file's later. So a file is let go of only when
    /// no connection that was made with it can be used again (`EasyHandle.longestIdle`), by a wide margin: nanoseconds.
    private static let idleTime: Int64 = 10 * 60 * 1_000_000_000

    private var kept: [[UInt8]: MemoryFile] = [:]
    var count: Int { kept.count }

    /// The file with these octets, which stays for as long as somebody holds it, and for a while after.
    mutating func file(_ octets: [UInt8], now: Int64) throws(HTTPFailure) -> MemoryFile {
        letGo(at: now)
        let file: MemoryFile
        if let found = kept[octets] { file = found } else { file = try MemoryFile(octets) }
        file.lastUse = now
        kept[octets] = file
        return file
    }

    private mutating func letGo(at now: Int64) {
        for octets in Array(kept.keys) {
            guard var file = kept.removeValue(forKey: octets) else { continue }
            if !isKnownUniquelyReferenced(&file) || now - file.lastUse <= Self.idleTime { kept[octets] = file }
        }
    }
}

/// Where libcurl finds what `TLSOptions` names.
struct CredentialPaths {
    var authority: String?
    var certificate: String?
    var key: String?
    /// Those among them that are in memory.
    var files: [MemoryFile] = []

    /// None.
    init() {}

    init(_ tls: TLSOptions, in memory: inout MemoryFiles, now: Int64) throws(HTTPFailure) {
        if case .certificates(let authority) = tls.certificateAuthority { self.authority = try path(authority, &memory, now) }
        if let shown = tls.clientCertificate {
            certificate = try path(shown.certificate, &memory, now)
            key = try path(shown.key, &memory, now)
        }
    }

    private mutating func path(_ pem: TLSOptions.PEM, _ memory: inout MemoryFiles, _ now: Int64) throws(HTTPFailure) -> String {
        switch pem {
        case .file(let path): return path
        case .octets(let octets):
            let file = try memory.file(octets, now: now)
            files.append(file)
            return file.path
        }
    }
}
