import FlowModel

extension PacketHeaders {
    /// Reads the header behind the network layer's, as far as the section goes.
    mutating func readTransport(_ segment: ByteReader) {
        switch protocolNumber {
        case IPProtocol.tcp:
            readPorts(segment)
            // RFC 9293 §3.1: octets 12 and 13 are the data offset, the reserved bits and the control bits; NS (RFC 3540) is the ninth of them.
            tcpFlags = segment.peek(UInt16.self, at: 12).map { TCPFlags(rawValue: $0 & 0x01FF) }
        case IPProtocol.udp:
            readPorts(segment)
            var payload = segment
            if payload.skip(8) { udpPayload = payload }
        case IPProtocol.sctp, IPProtocol.dccp, IPProtocol.udpLite:
            readPorts(segment)
        case IPProtocol.icmp, IPProtocol.icmpv6:
            destinationPort = segment.peek(UInt16.self) ?? 0
        default: break
        }
    }

    private mutating func readPorts(_ segment: ByteReader) {
        guard let ports = segment.peek(UInt32.self) else { return }
        sourcePort = UInt16(ports >> 16)
        destinationPort = UInt16(truncatingIfNeeded: ports)
    }
}

/// An overlay's header behind a UDP header: VXLAN (RFC 7348 §5) or Geneve (RFC 8926 §3.4).
struct PacketTunnel {
    /// The VNI, 24 bits.
    let identifier: UInt32
    /// The inner packet, from its first octet on.
    let payload: ByteReader
    /// What the inner packet begins with.
    let link: PacketSection.Link

    /// The tunnel that `outer` carries, told by its destination port; nil where that is none, or its header is not one.
    init?(_ outer: PacketHeaders) {
        guard var rest = outer.udpPayload else { return nil }
        switch outer.destinationPort {
        case 4789, 8472:  // IANA's, and Linux's before it had one
            guard let flags = rest.uint32(), flags & 0x0800_0000 != 0, let vni = rest.uint32() else { return nil }
            identifier = vni >> 8
            link = .ethernet
        case 6081:
            guard let start = rest.uint32(), start >> 30 == 0, let vni = rest.uint32(), rest.skip(Int(start >> 24 & 0x3F) * 4) else { return nil }
            switch UInt16(truncatingIfNeeded: start) {
            case EtherType.bridgedFrame: link = .ethernet
            case EtherType.ipv4, EtherType.ipv6: link = .ip
            default: return nil
            }
            identifier = vni >> 8
        default: return nil
        }
        payload = rest
    }
}
