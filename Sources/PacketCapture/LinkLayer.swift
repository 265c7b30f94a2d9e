/// Takes link-layer headers off.
enum LinkLayer {
    /// What stands behind the link layer's header, where that is IP.
    enum Content {
        case ip(ArraySlice<UInt8>)
        case other
        case unknownLinkType
    }

    static func content(of packet: CapturedPacket) -> Content {
        let fields = CaptureFields(packet.bytes, isBigEndian: true)
        switch packet.linkType {
        case .ethernet: return network(fields, typeAt: 12, startingAt: 14)
        case .linuxCooked: return network(fields, typeAt: 14, startingAt: 16)
        case .linuxCooked2: return network(fields, typeAt: 0, startingAt: 20)
        // The address family's numbers differ from system to system; the packet's own version tells as well.
        case .null, .loop: return .ip(packet.bytes.dropFirst(4))
        case .raw, .rawBSD, .rawOpenBSD, .ipv4, .ipv6: return .ip(packet.bytes)
        default: return .unknownLinkType
        }
    }

    /// Follows 802.1Q tags from the EtherType at `typeAt` to that of the content.
    private static func network(_ fields: CaptureFields, typeAt: Int, startingAt start: Int) -> Content {
        var type = fields.uint16(typeAt)
        var start = start
        for _ in 0..<4 where type == 0x8100 || type == 0x88A8 || type == 0x9100 {
            type = fields.uint16(start + 2)
            start += 4
        }
        guard type == 0x0800 || type == 0x86DD else { return .other }
        return .ip(fields.slice(start, length: fields.count))
    }
}
