/// The length of a sampled packet of which a record has only the first octets (RFC 5477).
enum SampledPacketLength {
    /// Octets of the packet on the wire: as the record says (IE 312 `dataLinkFrameSize`, for IP sections IE 224 `ipTotalLength`), else as its IP header
    /// says, else those of the section. Some exporters send no length beside the section.
    static func octets(_ section: ByteReader, link: PacketSection.Link, frameSize: Int, ipLength: Int) -> Int {
        switch link {
        case .ethernet:
            if frameSize > 0 { return frameSize }
            let header = etherTypeOffset(section) + 2
            if ipLength > 0 { return header + ipLength }
            return max(section.remaining, header + (declaredLength(section, at: header) ?? 0))
        case .ip:
            if ipLength > 0 { return ipLength }
            return declaredLength(section, at: 0) ?? (frameSize > 0 ? frameSize : section.remaining)
        }
    }

    /// Where the EtherType stands, behind at most two tags (IEEE 802.1Q, 802.1ad).
    private static func etherTypeOffset(_ section: ByteReader) -> Int {
        var offset = 12
        while offset < 20, let type = section.peek(UInt16.self, at: offset), type == 0x8100 || type == 0x88A8 { offset += 4 }
        return offset
    }

    /// The length that an IP header at `offset` tells; nil where there is none.
    private static func declaredLength(_ section: ByteReader, at offset: Int) -> Int? {
        switch section.peek(UInt8.self, at: offset).map({ $0 >> 4 }) {
        case 4: section.peek(UInt16.self, at: offset + 2).flatMap { $0 > 0 ? Int($0) : nil }
        case 6: section.peek(UInt16.self, at: offset + 4).flatMap { $0 > 0 ? 40 + Int($0) : nil }
        default: nil
        }
    }
}
