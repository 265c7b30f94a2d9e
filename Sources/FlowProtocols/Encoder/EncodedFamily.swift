import FlowModel

/// The two templates that the encoder writes with.
enum EncodedFamily: CaseIterable {
    case v4, v6

    var template: UInt16 { self == .v4 ? 256 : 257 }

    func holds(_ flow: Flow) -> Bool { flow.source.isV4 == (self == .v4) }

    /// The template's fields: the ones that most exporters send.
    func fields(_ exportProtocol: ExportProtocol, withSampler: Bool) -> [EncodedField] {
        let address = self == .v4 ? 4 : 16
        let isIPFIX = exportProtocol == .ipfix
        return [
            EncodedField(element: self == .v4 ? 8 : 27, width: address), EncodedField(element: self == .v4 ? 12 : 28, width: address),
            EncodedField(element: isIPFIX ? 152 : 22, width: isIPFIX ? 8 : 4), EncodedField(element: isIPFIX ? 153 : 21, width: isIPFIX ? 8 : 4),
            EncodedField(element: 1, width: 8), EncodedField(element: 2, width: 8), EncodedField(element: 10, width: 4),
            EncodedField(element: 14, width: 4), EncodedField(element: 7, width: 2), EncodedField(element: 11, width: 2),
            EncodedField(element: 6, width: isIPFIX ? 2 : 1), EncodedField(element: 58, width: 2), EncodedField(element: 4, width: 1),
            EncodedField(element: 5, width: 1), EncodedField(element: 61, width: 1), EncodedField(element: 136, width: 1),
            EncodedField(element: 89, width: 1),
        ] + (withSampler ? [EncodedField(element: isIPFIX ? 302 : 48, width: 4)] : [])
    }
}

/// One field of the encoder's templates.
struct EncodedField {
    var element: UInt16
    var width: Int

    /// The flow's value for this field, in the lower `8 * width` bits.
    func value(of flow: Flow, sampler: UInt32, uptime: (Timestamp) -> UInt32) -> IPAddress {
        func number(_ value: some BinaryInteger) -> IPAddress { IPAddress(high: 0, low: UInt64(truncatingIfNeeded: value)) }
        return switch element {
        case 8, 27: flow.source
        case 12, 28: flow.destination
        case 22: number(uptime(flow.start))
        case 21: number(uptime(flow.end))
        case 152: number(flow.start.nanoseconds / 1_000_000)
        case 153: number(flow.end.nanoseconds / 1_000_000)
        case 1: number(flow.bytes)
        case 2: number(flow.packets)
        case 10: number(flow.inputInterface)
        case 14: number(flow.outputInterface)
        case 7: number(flow.sourcePort)
        case 11: number(flow.destinationPort)
        case 6: number(flow.tcpFlags.rawValue)
        case 58: number(flow.vlan)
        case 4: number(flow.protocolNumber)
        case 5: number(flow.typeOfService)
        case 61: number(flow.direction.rawValue)
        case 136: number(flow.endReason)
        case 89: number(flow.forwardingStatus)
        default: number(sampler)
        }
    }
}

extension [UInt8] {
    /// The octets of a number in network order.
    init(bigEndian value: some FixedWidthInteger & UnsignedInteger) {
        self = stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Adds a number in network order.
    mutating func append(bigEndian value: some FixedWidthInteger & UnsignedInteger) {
        append(contentsOf: [UInt8](bigEndian: value))
    }
}
