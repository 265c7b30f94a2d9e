import Glibc

/// A capture's octets, read once from front to back through one buffer that is as large as the largest record so far.
struct CaptureInput: ~Copyable {
    /// The file's name, for errors.
    let name: String
    /// The file's size; nil where it is a pipe.
    let totalBytes: Int?
    /// Octets taken so far.
    private(set) var offset = 0

    /// -1 where all octets are in the buffer from the start.
    private let descriptor: Int32
    private var buffer: [UInt8]
    private var start = 0
    private var end: Int

    /// Opens a file, or with `-` standard input.
    init(path: String) throws(CaptureError) {
        let isStandardInput = path == "-"
        name = isStandardInput ? "standard input" : path
        descriptor = isStandardInput ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CaptureError(file: name, problem: Self.lastError) }
        var status = stat()
        totalBytes = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        end = 0
    }

    /// Octets that are in memory already.
    init(bytes: [UInt8], name: String) {
        self.name = name
        totalBytes = bytes.count
        descriptor = -1
        buffer = bytes
        end = bytes.count
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// The next `count` octets without taking them; fewer where the input ends.
    mutating func peek(_ count: Int) throws(CaptureError) -> ArraySlice<UInt8> {
        if end - start < count, descriptor >= 0 { try fill(count) }
        return buffer[start..<min(start + count, end)]
    }

    /// Takes the next `count` octets; nil where the input ends before.
    mutating func take(_ count: Int) throws(CaptureError) -> ArraySlice<UInt8>? {
        let bytes = try peek(count)
        guard bytes.count == count else { return nil }
        start += count
        offset += count
        return bytes
    }

    /// Steps over `count` octets, however many; false where the input ends before.
    mutating func skip(_ count: Int) throws(CaptureError) -> Bool {
        var left = count
        while left > 0 {
            let piece = try peek(min(left, Self.bufferSize)).count
            guard piece > 0 else { return false }
            start += piece
            offset += piece
            left -= piece
        }
        return true
    }

    /// Reads on until `count` octets are in the buffer or the input has ended.
    private mutating func fill(_ count: Int) throws(CaptureError) {
        buffer.removeFirst(start)
        end -= start
        start = 0
        let size = max(count, Self.bufferSize)
        if buffer.count < size { buffer.append(contentsOf: repeatElement(0, count: size - buffer.count)) }
        while end < count {
            let free = end
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[free...])
                return unsafe read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw CaptureError(file: name, problem: Self.lastError)
            }
            if got == 0 { return }
            end += got
        }
    }

    private static var lastError: String {
        unsafe String(cString: strerror(errno))
    }

    private static let bufferSize = 1 << 16
}
