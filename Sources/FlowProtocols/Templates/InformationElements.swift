/// What IANA's information elements (iana.org/assignments/ipfix) and those of NetFlow v9 mean here.
///
/// An element is listed with a rank where several say the same: of those in a template the one with the lowest rank is used, and of equals the first.
enum InformationElement {
    /// Elements of data records that go into the `Flow`.
    static func flowMeanings(of element: UInt16) -> [(operation: FlowOperation, rank: Int)] {
        switch element {
        case 8: [(.source4, 0)]
        case 12: [(.destination4, 0)]
        case 27: [(.source6, 0)]
        case 28: [(.destination6, 0)]
        // Delta counts before totals, incoming before outgoing (post…), IP octets before frame octets.
        case 1: [(.bytes, 0)]
        case 231: [(.bytes, 1)]
        case 85: [(.bytes, Self.totalsRank)]
        case 23: [(.bytes, 3)]
        case 171: [(.bytes, 4)]
        case 352: [(.bytes, Self.frameOctetsRank)]
        case 2: [(.packets, 0)]
        case 298: [(.packets, 1)]
        case 86: [(.packets, Self.totalsRank)]
        case 24: [(.packets, 3)]
        case 172: [(.packets, 4)]
        case 132: [(.droppedBytes, 0)]
        case 133: [(.droppedPackets, 0)]
        // The finer the time the better, absolute before relative.
        case 156: [(.startNTP, 0)]
        case 154: [(.startNTP, 1)]
        case 152: [(.startMilliseconds, 2)]
        case 158: [(.startDelta, 3)]
        case 22: [(.startUptime, 4)]
        case 150: [(.startSeconds, 5)]
        case 157: [(.endNTP, 0)]
        case 155: [(.endNTP, 1)]
        case 153: [(.endMilliseconds, 2)]
        case 159: [(.endDelta, 3)]
        case 21: [(.endUptime, 4)]
        case 151: [(.endSeconds, 5)]
        // When a single packet or event was observed.
        case 325: [(.startNTP, 6), (.endNTP, 6)]
        case 324: [(.startNTP, 7), (.endNTP, 7)]
        case 323: [(.startMilliseconds, 8), (.endMilliseconds, 8)]
        case 322: [(.startSeconds, 9), (.endSeconds, 9)]
        case 149: [(.observationDomain, 0)]
        case 138: [(.observationPoint, 0)]
        case 10: [(.inputInterface, 0)]
        case 252: [(.inputInterface, 1)]
        case 14: [(.outputInterface, 0)]
        case 253: [(.outputInterface, 1)]
        case 302: [(.sampler, 0)]
        case 48: [(.sampler, 1)]
        case 7: [(.sourcePort, 0)]
        case 11: [(.destinationPort, 0)]
        case 180: [(.udpSourcePort, 0)]
        case 181: [(.udpDestinationPort, 0)]
        case 182: [(.tcpSourcePort, 0)]
        case 183: [(.tcpDestinationPort, 0)]
        case 256: [(.etherType, 0)]
        case 6: [(.tcpFlags, 0)]
        case 58: [(.vlan, 0)]
        case 243: [(.vlan, 1)]
        case 59: [(.vlan, 2)]
        case 254: [(.vlan, 3)]
        case 5: [(.typeOfService, 0)]
        case 195: [(.dscp, 0)]
        case 61: [(.direction, 0)]
        case 89: [(.forwardingStatus, 0)]
        case 136: [(.endReason, 0)]
        case 192: [(.timeToLive, 0)]
        case 52: [(.timeToLive, 1)]
        case 4: [(.protocolNumber, 0)]
        case 88: [(.fragmentOffset, 0)]
        default: []
        }
    }

    /// The rank of running totals (IE 85, 86).
    static let totalsRank = 2
    /// The rank of frame octets (IE 352 `layer2OctetDeltaCount`), which stand for a flow's bytes only where no others do.
    static let frameOctetsRank = 5

    /// Elements of the enterprise for reverse information (RFC 5103), and a responder's counts.
    static func reverseMeanings(of element: UInt16, enterprise: UInt32) -> [(operation: FlowOperation, rank: Int)] {
        switch (enterprise, element) {
        case (Enterprise.reverse, _):
            flowMeanings(of: element).filter { meaning in
                switch meaning.operation {
                case .bytes, .packets, .droppedBytes, .droppedPackets, .tcpFlags, .typeOfService, .dscp, .timeToLive, .direction, .forwardingStatus,
                    .endReason, .vlan:
                    true
                default: meaning.operation.slot == .startUptime || meaning.operation.slot == .endUptime
                }
            }
        case (0, 232): [(.bytes, 1)]
        case (0, 299): [(.packets, 1)]
        default: []
        }
    }

    /// Elements of data records that go into the `FlowDetail`.
    static func detailMeanings(of element: UInt16, enterprise: UInt32) -> [(operation: DetailOperation, rank: Int)] {
        switch (enterprise, element) {
        case (0, 56): [(.sourceMAC, 0)]
        case (0, 81): [(.sourceMAC, 1)]
        case (0, 80): [(.destinationMAC, 0)]
        case (0, 57): [(.destinationMAC, 1)]
        case (0, 58): [(.sourceVLAN, 0)]
        case (0, 243): [(.sourceVLAN, 1)]
        case (0, 59): [(.destinationVLAN, 0)]
        case (0, 254): [(.destinationVLAN, 1)]
        case (0, 31): [(.flowLabel, 0)]
        case (0, 54): [(.fragmentID, 0)]
        case (0, 88): [(.fragmentOffset, 0)]
        case (0, 16): [(.sourceAS, 0)]
        case (0, 17): [(.destinationAS, 0)]
        case (0, 15): [(.nextHop4, 0)]
        case (0, 18): [(.nextHop4, 1)]
        case (0, 62): [(.nextHop6, 0)]
        case (0, 63): [(.nextHop6, 1)]
        case (0, 9): [(.sourceNetmask4, 0)]
        case (0, 29): [(.sourceNetmask6, 0)]
        case (0, 13): [(.destinationNetmask4, 0)]
        case (0, 30): [(.destinationNetmask6, 0)]
        case (0, 351): [(.layer2Segment, 0)]
        case (Enterprise.vmware, 893): [(.tunnelSource, 0)]
        case (Enterprise.vmware, 894): [(.tunnelDestination, 0)]
        case (Enterprise.vmware, 892): [(.tunnelKey, 0)]
        default: []
        }
    }

    /// Elements of data records that only some templates have.
    static func rareMeaning(of element: UInt16, enterprise: UInt32) -> RareOperation? {
        switch (enterprise, element) {
        case (0, 60): .ipVersion
        case (0, 32), (0, 139): .icmpTypeCode
        case (0, 176), (0, 178): .icmpType
        case (0, 177), (0, 179): .icmpCode
        case (Enterprise.reverse, 32), (Enterprise.reverse, 139): .reverseICMPTypeCode
        case (0, 160): .systemInit
        case (0, 34), (0, 50), (0, 305), (0, 306), (0, 309), (0, 310), (0, 35), (0, 304): samplingMeaning(of: element)
        case (0, 312), (0, 103): .frameSize
        case (0, 224): .ipLength
        case (0, 409), (0, 102): .sectionOffset
        case (0, 410): .sectionOctets
        case (0, 315), (0, 104): .ethernetSection
        case (0, 313): .ipSection
        case (0, 314): .payloadSection
        case (Enterprise.antrea, 100): .sourceNamespace
        case (Enterprise.antrea, 101): .sourcePod
        case (Enterprise.antrea, 102): .destinationNamespace
        case (Enterprise.antrea, 103): .destinationPod
        default: nil
        }
    }

    /// Elements of options data, and the scopes of NetFlow v9, whose numbers are their own (RFC 3954 §6.1: 2 is an interface).
    static func optionsMeaning(of field: TemplateField, isVersion9Scope: Bool) -> RareOperation? {
        if isVersion9Scope { return field.element == 2 ? .interface : nil }
        guard field.enterprise == 0 else { return nil }
        return switch field.element {
        case 149: .domain
        case 48, 302: .sampler
        case 10, 14, 252, 253: .interface
        case 82: .interfaceName
        case 36: .activeTimeout
        case 160: .systemInit
        default: samplingMeaning(of: field.element)
        }
    }

    private static func samplingMeaning(of element: UInt16) -> RareOperation? {
        switch element {
        case 34: .interval
        case 50: .randomInterval
        case 305: .packetInterval
        case 306: .packetSpace
        case 309: .size
        case 310: .population
        case 35, 304: .algorithm
        default: nil
        }
    }
}
