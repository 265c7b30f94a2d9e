import FlowModel

extension PacketHeaders {
    /// Reads an IP packet of the version that its first octet says; false where that is none, or the section ends before the addresses.
    mutating func readIP(_ packet: ByteReader) -> Bool {
        switch packet.peek(UInt8.self).map({ $0 >> 4 }) {
        case 4:
            etherType = EtherType.ipv4
            return readIPv4(packet)
        case 6:
            etherType = EtherType.ipv6
            return readIPv6(packet)
        default: return false
        }
    }

    /// RFC 791 §3.1.
    mutating func readIPv4(_ packet: ByteReader) -> Bool {
        guard let start = packet.peek(UInt32.self, at: 0), let fragment = packet.peek(UInt32.self, at: 4), let hop = packet.peek(UInt16.self, at: 8),
            let from = packet.peek(UInt32.self, at: 12), let to = packet.peek(UInt32.self, at: 16)
        else { return false }
        let headerLength = Int(start >> 24 & 0xF) * 4
        guard start >> 28 == 4, headerLength >= 20 else { return false }

        ipOffset = packet.offset
        let totalLength = Int(start & 0xFFFF)
        ipLength = totalLength >= headerLength ? totalLength : 0
        typeOfService = UInt8(truncatingIfNeeded: start >> 16)
        fragmentID = fragment >> 16
        fragmentOffset = UInt16(truncatingIfNeeded: fragment & 0x1FFF)
        timeToLive = UInt8(hop >> 8)
        protocolNumber = UInt8(truncatingIfNeeded: hop)
        source = IPAddress(v4: from)
        destination = IPAddress(v4: to)

        var rest = withoutPadding(packet)
        if fragmentOffset == 0, rest.skip(headerLength) { readTransport(rest) }
        return true
    }

    /// RFC 8200 §3.
    mutating func readIPv6(_ packet: ByteReader) -> Bool {
        guard let start = packet.peek(UInt32.self, at: 0), start >> 28 == 6, let lengths = packet.peek(UInt32.self, at: 4),
            let fromHigh = packet.peek(UInt64.self, at: 8), let fromLow = packet.peek(UInt64.self, at: 16),
            let toHigh = packet.peek(UInt64.self, at: 24), let toLow = packet.peek(UInt64.self, at: 32)
        else { return false }

        ipOffset = packet.offset
        let payloadLength = Int(lengths >> 16)
        let nextHeader = UInt8(truncatingIfNeeded: lengths >> 8)
        // Without a payload a packet is empty only where it says that nothing follows; else it is a jumbogram (RFC 2675) or not segmented yet.
        ipLength = payloadLength > 0 || nextHeader == IPProtocol.nothing ? payloadLength + 40 : 0
        typeOfService = UInt8(truncatingIfNeeded: start >> 20)
        flowLabel = start & 0xF_FFFF
        timeToLive = UInt8(truncatingIfNeeded: lengths)
        source = IPAddress(high: fromHigh, low: fromLow)
        destination = IPAddress(high: toHigh, low: toLow)

        var rest = withoutPadding(packet)
        rest.skip(40)
        if readExtensionHeaders(&rest, first: nextHeader) { readTransport(rest) }
        return true
    }

    /// Steps over extension headers (RFC 8200 §4, RFC 4302 §2) and sets `protocolNumber` to what follows the last of them.
    ///
    /// - Returns: whether the transport header is next. It isn't in a later fragment, nor where the section ends.
    private mutating func readExtensionHeaders(_ rest: inout ByteReader, first: UInt8) -> Bool {
        protocolNumber = first
        for _ in 0..<Self.maximumExtensionHeaders {
            switch protocolNumber {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility:
                guard let next = rest.peek(UInt8.self), let length = rest.peek(UInt8.self, at: 1), rest.skip((Int(length) + 1) * 8) else {
                    return false
                }
                protocolNumber = next
            case IPProtocol.authentication:
                guard let next = rest.peek(UInt8.self), let length = rest.peek(UInt8.self, at: 1), rest.skip((Int(length) + 2) * 4) else {
                    return false
                }
                protocolNumber = next
            case IPProtocol.fragment:
                guard let word = rest.uint32(), let identification = rest.uint32() else { return false }
                protocolNumber = UInt8(word >> 24)
                fragmentOffset = UInt16(word >> 3 & 0x1FFF)
                fragmentID = identification
                // RFC 8200 §4.5: in a later fragment the next header is that of the original packet, whose header is not here.
                if fragmentOffset != 0 { return false }
            default: return true
            }
        }
        return false
    }

    /// As much of `packet` as belongs to it by its own length: a short packet's frame is padded.
    private func withoutPadding(_ packet: ByteReader) -> ByteReader {
        var whole = packet
        guard ipLength > 0, let own = whole.slice(ipLength) else { return packet }
        return own
    }

    private static let maximumExtensionHeaders = 8
}

/// The protocol numbers that are looked into (IANA).
enum IPProtocol {
    static let hopByHop: UInt8 = 0
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let dccp: UInt8 = 33
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let authentication: UInt8 = 51
    static let icmpv6: UInt8 = 58
    /// IPv6: nothing follows.
    static let nothing: UInt8 = 59
    static let destinationOptions: UInt8 = 60
    static let sctp: UInt8 = 132
    static let mobility: UInt8 = 135
    static let udpLite: UInt8 = 136
}
