import FlowModel

/// A classic capture file, as libpcap has written it from the beginning (draft-ietf-opsawg-pcap).
struct ClassicCapture {
    private let isBigEndian: Bool
    /// Nanoseconds in a unit of the timestamps' fraction.
    private let fractionUnit: Int64
    private let linkType: LinkType

    /// Reads the file header; nil, and nothing is taken, where the file is of another format.
    init?(_ input: inout CaptureInput) throws(CaptureError) {
        let magic = CaptureFields(try input.peek(4), isBigEndian: true)
        switch magic.uint32(0) {
        case 0xA1B2_C3D4: (isBigEndian, fractionUnit) = (true, 1000)
        case 0xA1B2_3C4D: (isBigEndian, fractionUnit) = (true, 1)
        case 0xD4C3_B2A1: (isBigEndian, fractionUnit) = (false, 1000)
        case 0x4D3C_B2A1: (isBigEndian, fractionUnit) = (false, 1)
        default: return nil
        }
        guard let header = try input.take(24) else { throw CaptureError(file: input.name, problem: "ends inside its own header") }
        // Above the link type stand the length of a trailing FCS and reserved bits.
        linkType = LinkType(rawValue: UInt16(truncatingIfNeeded: CaptureFields(header, isBigEndian: isBigEndian).uint32(20)))
    }

    /// Reads the next packet, the file's `number`-th; nil at the end.
    func next(_ input: inout CaptureInput, number: Int) throws(CaptureError) -> CapturedPacket? {
        let offset = input.offset
        guard try !input.peek(1).isEmpty else { return nil }
        guard let header = try input.take(16).map({ CaptureFields($0, isBigEndian: isBigEndian) }) else {
            throw CaptureError(file: input.name, packet: number, offset: offset, problem: CaptureLimits.cutOff)
        }
        let length = header.uint32(8)
        guard length <= CaptureLimits.packetLength else {
            throw CaptureError(file: input.name, packet: number, offset: offset, problem: CaptureLimits.complaint(length))
        }
        let timestamp = Timestamp(seconds: Int64(header.uint32(0)), nanoseconds: Int64(header.uint32(4)) * fractionUnit)
        let originalLength = Int(header.uint32(12))
        guard let bytes = try input.take(Int(length)) else {
            throw CaptureError(file: input.name, packet: number, offset: offset, problem: CaptureLimits.cutOff)
        }
        return CapturedPacket(timestamp: timestamp, linkType: linkType, originalLength: originalLength, bytes: bytes)
    }
}
