import FlowModel

/// What a field of a data record does to the `FlowDetail`. Run only where details are wanted.
enum DetailOperation: UInt8, PlanOperation {
    case sourceMAC, destinationMAC, sourceVLAN, destinationVLAN, flowLabel, fragmentID, fragmentOffset, sourceAS, destinationAS
    case nextHop4, nextHop6, sourceNetmask4, sourceNetmask6, destinationNetmask4, destinationNetmask6
    case tunnelSource, tunnelDestination, tunnelKey, layer2Segment
    case inputName, outputName

    var shape: FieldShape {
        switch self {
        case .sourceMAC, .destinationMAC: .octets(6)
        case .nextHop4, .tunnelSource, .tunnelDestination: .octets(4)
        case .nextHop6: .octets(16)
        case .layer2Segment: .octets(8)
        case .inputName, .outputName: .any
        default: .number
        }
    }
}

typealias DetailStep = PlanStep<DetailOperation>

extension PlanStep where Operation == DetailOperation {
    /// Takes the field over into `detail`. What both address families may say is taken over where it is not zero.
    func apply(_ record: RecordBytes, to detail: inout FlowDetail) {
        switch operation {
        case .nextHop6:
            let address = IPAddress(high: upperHalf(record), low: number(record))
            if !address.isUnspecified { detail.nextHop = address }
            return
        case .inputName:
            detail.inputInterfaceName = octets(record).text()
            return
        case .outputName:
            detail.outputInterfaceName = octets(record).text()
            return
        default: break
        }
        let value = number(record)
        guard value != 0 else { return }
        switch operation {
        case .sourceMAC: detail.sourceMAC = value
        case .destinationMAC: detail.destinationMAC = value
        case .sourceVLAN: detail.sourceVLAN = UInt16(truncatingIfNeeded: value) & 0x0FFF
        case .destinationVLAN: detail.destinationVLAN = UInt16(truncatingIfNeeded: value) & 0x0FFF
        case .flowLabel: detail.ipv6FlowLabel = UInt32(truncatingIfNeeded: value) & 0xF_FFFF
        case .fragmentID: detail.fragmentID = UInt32(truncatingIfNeeded: value)
        case .fragmentOffset: detail.fragmentOffset = UInt16(truncatingIfNeeded: value)
        case .sourceAS: detail.sourceAS = UInt32(truncatingIfNeeded: value)
        case .destinationAS: detail.destinationAS = UInt32(truncatingIfNeeded: value)
        case .nextHop4: detail.nextHop = IPAddress(v4: UInt32(truncatingIfNeeded: value))
        case .sourceNetmask4, .sourceNetmask6: detail.sourceNetmask = UInt8(truncatingIfNeeded: value)
        case .destinationNetmask4, .destinationNetmask6: detail.destinationNetmask = UInt8(truncatingIfNeeded: value)
        case .tunnelSource: detail.tunnelSource = IPAddress(v4: UInt32(truncatingIfNeeded: value))
        case .tunnelDestination: detail.tunnelDestination = IPAddress(v4: UInt32(truncatingIfNeeded: value))
        case .tunnelKey: detail.tunnelVNI = value
        // IE 351: the kind of network in the first octet, its identifier in the last three.
        case .layer2Segment: detail.tunnelVNI = value & 0xFF_FFFF
        case .nextHop6, .inputName, .outputName: break
        }
    }
}

extension ByteReader {
    /// What is left as text: as far as the first zero octet, at most 255 octets; what is no UTF-8 is replaced.
    func text() -> String {
        String(decoding: copyRemaining().prefix(255).prefix { $0 != 0 }, as: UTF8.self)
    }
}
