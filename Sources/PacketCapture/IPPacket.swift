import FlowModel

/// An IP packet that holds a UDP datagram or a fragment of one, or, where that is wanted, a TCP segment.
struct IPPacket {
    let source: IPAddress
    let destination: IPAddress
    /// Whether it holds a TCP segment.
    let isTCP: Bool
    /// What stands behind the IP headers.
    let payload: ArraySlice<UInt8>
    /// Nil where the packet holds a whole datagram.
    let fragment: Fragment?

    /// Which part of which datagram it is.
    struct Fragment {
        var identification: UInt32
        /// Octets from the start of the datagram.
        var offset: Int
        /// Whether others follow.
        var isFollowed: Bool
    }

    /// Why a packet gives no datagram.
    enum Unusable: Error {
        case otherProtocol
        case cutShort
        case malformed
    }

    /// Reads a packet from its IP header on.
    init(_ bytes: ArraySlice<UInt8>, takesTCP: Bool) throws(Unusable) {
        let header = CaptureFields(bytes, isBigEndian: true)
        switch header.uint8(0) >> 4 {
        case 4: try self.init(v4: header, takesTCP: takesTCP)
        case 6: try self.init(v6: header, takesTCP: takesTCP)
        default: throw .otherProtocol
        }
    }

    /// RFC 791 §3.1.
    private init(v4 header: CaptureFields, takesTCP: Bool) throws(Unusable) {
        let headerLength = Int(header.uint8(0) & 0xF) * 4
        guard header.count >= 20 else { throw .cutShort }
        isTCP = header.uint8(9) == Self.tcp
        guard header.uint8(9) == Self.udp || isTCP && takesTCP else { throw .otherProtocol }
        // A length of 0 is what a packet has that the network card was to segment.
        let length = header.uint16(2) == 0 ? header.count : Int(header.uint16(2))
        guard headerLength >= 20, headerLength <= length else { throw .malformed }
        guard length <= header.count else { throw .cutShort }
        source = IPAddress(v4: header.uint32(12))
        destination = IPAddress(v4: header.uint32(16))
        payload = header.slice(headerLength, length: length - headerLength)
        let word = header.uint16(6)
        let isFragment = word & 0x3FFF != 0
        fragment =
            isFragment ? Fragment(identification: UInt32(header.uint16(4)), offset: Int(word & 0x1FFF) * 8, isFollowed: word & 0x2000 != 0) : nil
    }

    /// RFC 8200 §3, §4.
    private init(v6 header: CaptureFields, takesTCP: Bool) throws(Unusable) {
        guard header.count >= 40 else { throw .cutShort }
        let end = header.uint16(4) == 0 ? header.count : 40 + Int(header.uint16(4))
        var next = header.uint8(6)
        var position = 40
        var fragment: Fragment?
        for _ in 0..<8 {
            switch next {
            case 0, 43, 60:  // hop-by-hop options, routing, destination options
                next = header.uint8(position)
                position += (Int(header.uint8(position + 1)) + 1) * 8
            case 44:
                next = header.uint8(position)
                let word = header.uint16(position + 2)
                fragment = Fragment(identification: header.uint32(position + 4), offset: Int(word & 0xFFF8), isFollowed: word & 1 != 0)
                position += 8
            default: break
            }
        }
        isTCP = next == Self.tcp
        guard next == Self.udp || isTCP && takesTCP else { throw .otherProtocol }
        guard position <= end else { throw .malformed }
        guard end <= header.count else { throw .cutShort }
        source = IPAddress(high: header.uint64(8), low: header.uint64(16))
        destination = IPAddress(high: header.uint64(24), low: header.uint64(32))
        payload = header.slice(position, length: end - position)
        // RFC 6946: a fragment that is the whole is none.
        if let whole = fragment, whole.offset == 0, !whole.isFollowed { fragment = nil }
        self.fragment = fragment
    }

    private static let tcp: UInt8 = 6
    private static let udp: UInt8 = 17
}
