import FlowModel

/// A pcapng capture file (draft-ietf-opsawg-pcapng): sections of blocks, each section with its own byte order and interfaces.
struct NextGenerationCapture {
    /// The type of a section header block, the same in both byte orders.
    static let magic: UInt32 = 0x0A0D_0D0A

    private var isBigEndian = false
    private var interfaces: [CaptureInterface] = []

    /// Reads on to the next packet, the file's `number`-th; nil at the end.
    mutating func next(_ input: inout CaptureInput, number: Int) throws(CaptureError) -> CapturedPacket? {
        while true {
            let offset = input.offset
            // Type, length, and of a section header the byte-order magic.
            let start = try input.peek(12)
            if start.isEmpty { return nil }
            let complain = { [name = input.name] (problem: String) in CaptureError(file: name, packet: number, offset: offset, problem: problem) }
            guard start.count == 12 else { throw complain(CaptureLimits.cutOff) }
            if CaptureFields(start, isBigEndian: true).uint32(0) == Self.magic {
                try beginSection(start, complain)
            }
            let header = CaptureFields(start, isBigEndian: isBigEndian)
            let type = BlockType(rawValue: header.uint32(0))
            let length = header.uint32(4)
            guard length >= 12, length % 4 == 0 else { throw complain("a block of \(length) octets, which is no possible length") }
            guard let type else {
                guard try input.skip(Int(length)) else { throw complain(CaptureLimits.cutOff) }
                continue
            }
            guard length <= Self.maximumBlock else { throw complain(CaptureLimits.complaint(length)) }
            guard let block = try input.take(Int(length)) else { throw complain(CaptureLimits.cutOff) }
            let fields = CaptureFields(block, isBigEndian: isBigEndian)
            guard fields.uint32(Int(length) - 4) == length else { throw complain("a block whose two lengths differ") }
            let body = CaptureFields(block.dropFirst(8).dropLast(4), isBigEndian: isBigEndian)

            switch type {
            case .sectionHeader: break
            case .interfaceDescription:
                guard interfaces.count < Self.maximumInterfaces, let interface = CaptureInterface(body) else {
                    throw complain("an interface description that cannot be used")
                }
                interfaces.append(interface)
            case .enhancedPacket, .packet, .simplePacket:
                let layout = PacketLayout(type, body)
                guard layout.interface < interfaces.count else {
                    throw complain("is of interface \(layout.interface), of which there are \(interfaces.count)")
                }
                return try packet(body, layout, complain)
            }
        }
    }

    private mutating func beginSection(_ start: ArraySlice<UInt8>, _ complain: (String) -> CaptureError) throws(CaptureError) {
        switch CaptureFields(start, isBigEndian: true).uint32(8) {
        case 0x1A2B_3C4D: isBigEndian = true
        case 0x4D3C_2B1A: isBigEndian = false
        default: throw complain("a section of no known byte order")
        }
        interfaces.removeAll(keepingCapacity: true)
    }

    private func packet(_ body: CaptureFields, _ layout: PacketLayout, _ complain: (String) -> CaptureError) throws(CaptureError) -> CapturedPacket {
        let interface = interfaces[layout.interface]
        var captured = layout.capturedLength
        if layout.isSimple, interface.snapshotLength > 0 { captured = min(captured, interface.snapshotLength) }
        guard captured <= CaptureLimits.packetLength else { throw complain(CaptureLimits.complaint(captured)) }
        guard layout.dataStart + Int(captured) <= body.count else { throw complain("claims \(captured) octets, more than its block has") }
        return CapturedPacket(
            timestamp: layout.units.map(interface.timestamp) ?? .unknown, linkType: interface.linkType, originalLength: Int(layout.originalLength),
            bytes: body.slice(layout.dataStart, length: Int(captured)))
    }

    private enum BlockType: UInt32 {
        case interfaceDescription = 1
        /// The packet block of early files.
        case packet = 2
        case simplePacket = 3
        case enhancedPacket = 6
        case sectionHeader = 0x0A0D_0D0A
    }

    /// Where things are in the body of a packet's block.
    private struct PacketLayout {
        var interface = 0
        /// The timestamp in the interface's units; nil where there is none.
        var units: UInt64?
        var capturedLength: UInt32
        var originalLength: UInt32
        var dataStart: Int
        var isSimple = false

        init(_ type: BlockType, _ body: CaptureFields) {
            if case .simplePacket = type {
                originalLength = body.uint32(0)
                // The snapshot length may have cut it; where that isn't told, the block's own length says how much there is.
                capturedLength = min(originalLength, UInt32(clamping: body.count - 4))
                dataStart = 4
                isSimple = true
                return
            }
            if case .packet = type { interface = Int(body.uint16(0)) } else { interface = Int(body.uint32(0)) }
            units = UInt64(body.uint32(4)) << 32 | UInt64(body.uint32(8))
            capturedLength = body.uint32(12)
            originalLength = body.uint32(16)
            dataStart = 20
        }
    }

    /// A packet of the largest length, with room for its options.
    private static let maximumBlock = UInt32(CaptureLimits.packetLength + (1 << 17))
    private static let maximumInterfaces = 4096
}

/// An interface of a pcapng section, and the units of its timestamps.
private struct CaptureInterface {
    let linkType: LinkType
    /// 0 where there is no limit.
    let snapshotLength: UInt32
    private var resolution: UInt8 = 6
    private var offsetSeconds: Int64 = 0

    /// Reads the body of an interface description; nil where it is too short.
    init?(_ body: CaptureFields) {
        guard body.count >= 8 else { return nil }
        linkType = LinkType(rawValue: body.uint16(0))
        snapshotLength = body.uint32(4)
        var position = 8
        while position + 4 <= body.count {
            let code = body.uint16(position)
            let length = Int(body.uint16(position + 2))
            position += 4
            guard position + length <= body.count else { return }
            switch code {
            case 0: return
            case 9 where length == 1: resolution = body.uint8(position)  // if_tsresol
            case 14 where length == 8: offsetSeconds = Int64(bitPattern: body.uint64(position))  // if_tsoffset
            default: break
            }
            position += (length + 3) & ~3
        }
    }

    /// The moment that `units` of the interface's resolution stand for; wraps where it cannot be held.
    func timestamp(_ units: UInt64) -> Timestamp {
        let exponent = Int(resolution & 0x7F)
        let nanoseconds: UInt64
        if resolution & 0x80 != 0 {
            // Units of 2^-exponent seconds. A Swift shift by 64 or more yields 0.
            let fraction = units & ~(UInt64.max << UInt64(exponent))
            let scaled = fraction.multipliedFullWidth(by: 1_000_000_000)
            let fractionNanoseconds = scaled.low >> UInt64(exponent) | (exponent == 0 ? 0 : scaled.high << UInt64(64 - min(exponent, 64)))
            nanoseconds = (units >> UInt64(exponent)) &* 1_000_000_000 &+ (exponent > 64 ? 0 : fractionNanoseconds)
        } else if exponent <= 9 {
            nanoseconds = units &* Self.powerOfTen(9 - exponent)
        } else {
            nanoseconds = exponent - 9 <= 19 ? units / Self.powerOfTen(exponent - 9) : 0
        }
        return Timestamp(seconds: offsetSeconds, nanoseconds: 0).advanced(by: Int64(truncatingIfNeeded: nanoseconds))
    }

    private static func powerOfTen(_ exponent: Int) -> UInt64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
