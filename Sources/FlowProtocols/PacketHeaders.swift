import FlowModel

/// What the headers of one packet say, from the link layer to the transport's ports.
struct PacketHeaders {
    var sourceMAC: UInt64 = 0
    var destinationMAC: UInt64 = 0
    var vlan: UInt16 = 0
    var etherType: UInt16 = 0

    var source = IPAddress.unspecified
    var destination = IPAddress.unspecified
    var protocolNumber: UInt8 = 0
    var typeOfService: UInt8 = 0
    var timeToLive: UInt8 = 0
    var flowLabel: UInt32 = 0
    var fragmentID: UInt32 = 0
    /// In units of 8 octets; not 0 for a later fragment, which has no transport header.
    var fragmentOffset: UInt16 = 0
    /// Octets of the IP packet as its header tells; 0 where it doesn't (segmentation offload, jumbograms) or cannot be right.
    var ipLength = 0
    /// Where the IP header begins, counted as `ByteReader.offset` is; nil where the packet is no IP.
    var ipOffset: Int?

    var sourcePort: UInt16 = 0
    /// For ICMP `type << 8 | code`.
    var destinationPort: UInt16 = 0
    var tcpFlags: TCPFlags?
    /// What stands behind a UDP header; nil for any other packet.
    var udpPayload: ByteReader?

    /// Reads a packet from its first octet on; false where the section ends before the addresses, or contradicts itself.
    mutating func read(_ section: ByteReader, link: PacketSection.Link) -> Bool {
        switch link {
        case .ethernet: readEthernet(section)
        case .ip: readIP(section)
        }
    }

    private mutating func readEthernet(_ frame: ByteReader) -> Bool {
        // Both addresses are six octets: each is read with two octets that are not its own.
        guard let first = frame.peek(UInt64.self, at: 0), let second = frame.peek(UInt64.self, at: 4) else { return false }
        destinationMAC = first >> 16
        sourceMAC = second & 0xFFFF_FFFF_FFFF
        var rest = frame
        rest.skip(12)
        guard var type = rest.uint16() else { return false }

        var tags = 0
        while type == EtherType.vlan || type == EtherType.serviceVLAN || type == EtherType.oldServiceVLAN {
            guard tags < Self.maximumTags, let tag = rest.uint16(), let next = rest.uint16() else { return false }
            if tags == 0 { vlan = tag & 0xFFF }
            tags += 1
            type = next
        }
        // Below 0x0600 it is the length of an IEEE 802.3 frame (spanning tree, and the like).
        etherType = type >= 0x0600 ? type : 0

        switch type {
        case EtherType.ipv4: return readIPv4(rest)
        case EtherType.ipv6: return readIPv6(rest)
        case EtherType.mpls, EtherType.mplsMulticast:
            guard skipLabels(&rest) else { return false }
            // RFC 4928 §2: what an LSP carries is told by the first nibble; a pseudowire's control word begins with 0 or 1.
            switch rest.peek(UInt8.self).map({ $0 >> 4 }) {
            case 4, 6: return readIP(rest)
            default: return true
            }
        default: return true
        }
    }

    /// Steps over an MPLS label stack (RFC 3032 §2.1); false where its bottom is not in the section.
    private func skipLabels(_ rest: inout ByteReader) -> Bool {
        for _ in 0..<Self.maximumLabels {
            guard let entry = rest.uint32() else { return false }
            if entry & 0x100 != 0 { return true }
        }
        return false
    }

    private static let maximumTags = 4
    private static let maximumLabels = 16
}

/// The EtherTypes that are looked into (IEEE 802 numbers, IANA).
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let vlan: UInt16 = 0x8100
    static let ipv6: UInt16 = 0x86DD
    static let mpls: UInt16 = 0x8847
    static let mplsMulticast: UInt16 = 0x8848
    static let serviceVLAN: UInt16 = 0x88A8
    /// QinQ before IEEE 802.1ad gave it a number.
    static let oldServiceVLAN: UInt16 = 0x9100
    /// Transparent Ethernet bridging: a whole frame, in Geneve and GRE.
    static let bridgedFrame: UInt16 = 0x6558
}

extension PacketHeaders {
    /// Octets of a packet of `frameLength` octets that are not of this IP packet; all of them where it is no IP.
    func overhead(frameLength: Int, stripped: Int, sectionStart: Int) -> UInt16 {
        guard let ipOffset else { return UInt16(clamping: frameLength) }
        let isTold = ipLength > 0 && ipLength <= frameLength
        let length = isTold ? ipLength : max(frameLength - stripped - (ipOffset - sectionStart), 0)
        return UInt16(clamping: frameLength - length)
    }

    func fill(_ flow: inout Flow) {
        flow.source = source
        flow.destination = destination
        flow.sourcePort = sourcePort
        flow.destinationPort = destinationPort
        flow.etherType = etherType
        flow.vlan = vlan
        flow.protocolNumber = protocolNumber
        flow.typeOfService = typeOfService
        flow.timeToLive = timeToLive
        if let tcpFlags {
            flow.tcpFlags = tcpFlags
            flow.traits.insert(.hasTCPFlags)
        }
        if fragmentOffset != 0 { flow.traits.insert(.laterFragment) }
    }

    func fill(_ detail: inout FlowDetail) {
        detail.sourceMAC = sourceMAC
        detail.destinationMAC = destinationMAC
        detail.ipv6FlowLabel = flowLabel
        detail.fragmentID = fragmentID
        detail.fragmentOffset = fragmentOffset
        if protocolNumber == IPProtocol.icmp || protocolNumber == IPProtocol.icmpv6 {
            detail.icmpType = UInt8(destinationPort >> 8)
            detail.icmpCode = UInt8(truncatingIfNeeded: destinationPort)
        }
    }
}
