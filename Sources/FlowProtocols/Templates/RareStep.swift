import FlowModel

/// What a field does that only some templates have: it cannot be written into the `Flow` before the whole record is read, or belongs elsewhere.
/// Options data (RFC 7011 §3.4.2.2) consists of these alone.
enum RareOperation: UInt8, PlanOperation {
    case ipVersion, icmpTypeCode, icmpType, icmpCode, reverseICMPTypeCode
    case systemInit, startUptime, endUptime
    case interval, randomInterval, packetInterval, packetSpace, size, population, algorithm
    case frameSize, ipLength, sectionOffset, sectionOctets, ethernetSection, ipSection, payloadSection
    case sourceNamespace, sourcePod, destinationNamespace, destinationPod
    case domain, sampler, interface, interfaceName, activeTimeout

    var shape: FieldShape {
        switch self {
        case .ethernetSection, .ipSection, .payloadSection, .sourceNamespace, .sourcePod, .destinationNamespace, .destinationPod, .interfaceName: .any
        default: .number
        }
    }
}

typealias RareStep = PlanStep<RareOperation>

/// What the rare steps of one record found. It refers to the record's octets, and holds nothing that would have to be let go of.
@safe struct RareValues {
    var ipVersion: UInt8 = 0
    var icmp: UInt16 = 0
    var reverseICMP: UInt16 = 0
    var systemInit: UInt64?
    var startUptime: UInt64?
    var endUptime: UInt64?
    var sampling = SamplingStatement()
    var frameSize = 0
    var ipLength = 0
    var sectionOffset = 0
    var sectionOctets: Int?
    var section: ByteReader?
    var sectionLink = PacketSection.Link.ethernet
    var payload: ByteReader?
    var sourceNamespace: ByteReader?
    var sourcePod: ByteReader?
    var destinationNamespace: ByteReader?
    var destinationPod: ByteReader?
    var domain: UInt32?
    var sampler: UInt32?
    var interface: UInt32?
    var interfaceName: ByteReader?
    var activeTimeout: UInt32?

    /// The section, as long as the record says that it is.
    var ownSection: ByteReader? {
        guard var section else { return nil }
        return section.slice(min(sectionOctets ?? section.remaining, section.remaining))
    }
}

extension PlanStep where Operation == RareOperation {
    /// Takes the field over into `values`.
    func apply(_ record: RecordBytes, to values: inout RareValues) {
        switch operation {
        case .ipVersion: values.ipVersion = UInt8(truncatingIfNeeded: number(record))
        case .icmpTypeCode:
            let value = UInt16(truncatingIfNeeded: number(record))
            if value != 0 { values.icmp = value }
        case .icmpType: values.icmp |= UInt16(truncatingIfNeeded: number(record) & 0xFF) << 8
        case .icmpCode: values.icmp |= UInt16(truncatingIfNeeded: number(record) & 0xFF)
        case .reverseICMPTypeCode: values.reverseICMP = UInt16(truncatingIfNeeded: number(record))
        case .systemInit: values.systemInit = number(record)
        case .startUptime: values.startUptime = number(record)
        case .endUptime: values.endUptime = number(record)
        case .interval: values.sampling.interval = number(record)
        case .randomInterval: values.sampling.randomInterval = number(record)
        case .packetInterval: values.sampling.packetInterval = number(record)
        case .packetSpace: values.sampling.packetSpace = number(record)
        case .size: values.sampling.size = number(record)
        case .population: values.sampling.population = number(record)
        case .algorithm: values.sampling.algorithm = number(record)
        case .frameSize: values.frameSize = Int(clamping: number(record) & 0xFFFF_FFFF)
        case .ipLength: values.ipLength = Int(clamping: number(record) & 0xFFFF_FFFF)
        case .sectionOffset: values.sectionOffset = Int(clamping: number(record))
        case .sectionOctets: values.sectionOctets = Int(clamping: number(record))
        case .ethernetSection:
            values.section = octets(record)
            values.sectionLink = .ethernet
        case .ipSection:
            values.section = octets(record)
            values.sectionLink = .ip
        case .payloadSection: values.payload = octets(record)
        case .sourceNamespace: values.sourceNamespace = octets(record)
        case .sourcePod: values.sourcePod = octets(record)
        case .destinationNamespace: values.destinationNamespace = octets(record)
        case .destinationPod: values.destinationPod = octets(record)
        case .domain: values.domain = UInt32(truncatingIfNeeded: number(record))
        case .sampler: values.sampler = UInt32(truncatingIfNeeded: number(record))
        case .interface: values.interface = UInt32(truncatingIfNeeded: number(record))
        case .interfaceName: values.interfaceName = octets(record)
        case .activeTimeout: values.activeTimeout = UInt32(clamping: number(record))
        }
    }
}
