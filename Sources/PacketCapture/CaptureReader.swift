import FlowModel

/// Reads the packets of a capture file, pcap (in microseconds or nanoseconds) or pcapng, of either byte order, from front to back.
///
/// Its memory is bounded whatever the file says: a packet has at most 256 KiB, which is tcpdump's own limit.
package struct CaptureReader: ~Copyable {
    private var input: CaptureInput
    private var format: Format
    private var packets = 0
    private var hasEnded = false

    private enum Format {
        case classic(ClassicCapture)
        case nextGeneration(NextGenerationCapture)
    }

    /// Opens a capture file, or with `-` standard input, and reads its header.
    package init(path: String) throws(CaptureError) {
        try self.init(CaptureInput(path: path))
    }

    /// Reads a capture that is in memory; `name` is for errors.
    package init(bytes: [UInt8], name: String) throws(CaptureError) {
        try self.init(CaptureInput(bytes: bytes, name: name))
    }

    private init(_ input: consuming CaptureInput) throws(CaptureError) {
        let magic = CaptureFields(try input.peek(4), isBigEndian: true)
        guard magic.count > 0 else { throw CaptureError(file: input.name, problem: "is empty") }
        if magic.uint32(0) == NextGenerationCapture.magic {
            format = .nextGeneration(NextGenerationCapture())
        } else if let classic = try ClassicCapture(&input) {
            format = .classic(classic)
        } else {
            throw CaptureError(file: input.name, problem: Self.complaint(magic))
        }
        self.input = input
    }

    /// Octets of the file taken so far.
    package var bytesRead: Int { input.offset }

    /// The file's size; nil where it is a pipe.
    package var totalBytes: Int? { input.totalBytes }

    /// The next packet; nil at the end, and after an error.
    package mutating func next() throws(CaptureError) -> CapturedPacket? {
        if hasEnded { return nil }
        do {
            let packet: CapturedPacket?
            switch format {
            case .classic(let capture): packet = try capture.next(&input, number: packets + 1)
            case .nextGeneration(var capture):
                packet = try capture.next(&input, number: packets + 1)
                format = .nextGeneration(capture)
            }
            if packet == nil { hasEnded = true } else { packets += 1 }
            return packet
        } catch {
            hasEnded = true
            throw error
        }
    }

    private static func complaint(_ magic: CaptureFields) -> String {
        if magic.uint16(0) == 0x1F8B { return "is compressed: give its content, as in `zcat FILE | weir decode -`" }
        if magic.uint32(0) == 0x28B5_2FFD { return "is compressed: give its content, as in `zstdcat FILE | weir decode -`" }
        return "is no capture: neither pcap nor pcapng begins like this"
    }
}

/// What holds for packets in every capture format.
enum CaptureLimits {
    /// The most octets a packet may have: tcpdump's largest snapshot length.
    static let packetLength = 262_144

    /// Why `length` octets cannot be a packet's.
    static func complaint(_ length: UInt32) -> String { "claims \(length) octets, where \(packetLength) are the most" }
    /// What is said where a file ends inside a record.
    static let cutOff = "the file ends inside it"
}
