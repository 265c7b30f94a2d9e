import FlowModel

/// What a field of a data record does to the `Flow`. These run for each record of each exporter: nothing here allocates.
enum FlowOperation: UInt8, PlanOperation {
    case source4, source6, source4IfSet, source6IfSet
    case destination4, destination6, destination4IfSet, destination6IfSet
    case bytes, packets, droppedBytes, droppedPackets
    case startSeconds, startMilliseconds, startNTP, startDelta, startUptime
    case endSeconds, endMilliseconds, endNTP, endDelta, endUptime
    case observationDomain, observationPoint, inputInterface, outputInterface, sampler
    case sourcePort, udpSourcePort, tcpSourcePort, destinationPort, udpDestinationPort, tcpDestinationPort
    case etherType, tcpFlags, vlan, typeOfService, dscp, direction, forwardingStatus, endReason, timeToLive, protocolNumber
    case fragmentOffset, tunnelSource

    var shape: FieldShape {
        switch self {
        case .source4, .source4IfSet, .destination4, .destination4IfSet, .tunnelSource: .octets(4)
        case .source6, .source6IfSet, .destination6, .destination6IfSet: .octets(16)
        case .startNTP, .endNTP: .octets(8)
        default: .number
        }
    }

    /// Operations of the same slot say the same thing in other ways: a plan takes one of them.
    var slot: FlowOperation {
        switch self {
        case .startSeconds, .startMilliseconds, .startNTP, .startDelta, .startUptime: .startUptime
        case .endSeconds, .endMilliseconds, .endNTP, .endDelta, .endUptime: .endUptime
        default: self
        }
    }
}

typealias FlowStep = PlanStep<FlowOperation>

extension PlanStep where Operation == FlowOperation {
    /// Applies some of the steps to records, of which a variable-length field has `variable` octets.
    @inline(never)
    static func run(
        _ steps: borrowing Span<FlowStep>, _ range: Range<Int>, variable: Int?, _ records: RecordBytes, clock: ExportClock,
        to flows: inout MutableSpan<Flow>, from first: Int
    ) {
        for index in range {
            guard let step = TemplatePlan.sized(steps[index], variable) else { continue }
            step.apply(records, clock: clock, to: &flows, from: first)
        }
    }

    /// Takes the field over from each of the records into the flows, from the one at `first` on.
    ///
    /// A column at a time: which operation it is is asked once for a set and not for each record.
    @inline(__always)
    private func apply(_ records: RecordBytes, clock: ExportClock, to flows: inout MutableSpan<Flow>, from first: Int) {
        switch operation {
        case .source4: each(records, &flows, first) { $0.source = IPAddress(v4: UInt32(truncatingIfNeeded: $1)) }
        case .destination4: each(records, &flows, first) { $0.destination = IPAddress(v4: UInt32(truncatingIfNeeded: $1)) }
        case .source6: eachAddress(records, &flows, first) { $0.source = $1 }
        case .destination6: eachAddress(records, &flows, first) { $0.destination = $1 }
        case .source4IfSet: each(records, &flows, first) { if $1 != 0 { $0.source = IPAddress(v4: UInt32(truncatingIfNeeded: $1)) } }
        case .destination4IfSet: each(records, &flows, first) { if $1 != 0 { $0.destination = IPAddress(v4: UInt32(truncatingIfNeeded: $1)) } }
        case .source6IfSet: eachAddress(records, &flows, first) { if !$1.isUnspecified { $0.source = $1 } }
        case .destination6IfSet: eachAddress(records, &flows, first) { if !$1.isUnspecified { $0.destination = $1 } }
        case .bytes: each(records, &flows, first) { $0.bytes = $1 }
        case .packets: each(records, &flows, first) { $0.packets = $1 }
        case .droppedBytes:
            each(records, &flows, first) { flow, value in
                flow.droppedBytes = value
                if value > 0, flow.dropReason == .none { flow.dropReason = .unspecified }
            }
        case .droppedPackets:
            each(records, &flows, first) { flow, value in
                flow.droppedPackets = value
                if value > 0, flow.dropReason == .none { flow.dropReason = .unspecified }
            }
        case .startSeconds: each(records, &flows, first) { $0.start = ExportClock.moment(seconds: $1) }
        case .startMilliseconds: each(records, &flows, first) { $0.start = ExportClock.moment(milliseconds: $1) }
        case .startNTP: each(records, &flows, first) { $0.start = ExportClock.moment(ntp: $1) }
        case .startDelta: each(records, &flows, first) { $0.start = clock.moment(microsecondsBefore: $1) }
        case .startUptime: each(records, &flows, first) { $0.start = clock.moment(uptime: $1) }
        case .endSeconds: each(records, &flows, first) { $0.end = ExportClock.moment(seconds: $1) }
        case .endMilliseconds: each(records, &flows, first) { $0.end = ExportClock.moment(milliseconds: $1) }
        case .endNTP: each(records, &flows, first) { $0.end = ExportClock.moment(ntp: $1) }
        case .endDelta: each(records, &flows, first) { $0.end = clock.moment(microsecondsBefore: $1) }
        case .endUptime: each(records, &flows, first) { $0.end = clock.moment(uptime: $1) }
        case .observationDomain: each(records, &flows, first) { $0.observationDomain = UInt32(truncatingIfNeeded: $1) }
        case .observationPoint: each(records, &flows, first) { $0.observationPoint = UInt32(truncatingIfNeeded: $1) }
        case .inputInterface: each(records, &flows, first) { $0.inputInterface = UInt32(truncatingIfNeeded: $1) }
        case .outputInterface: each(records, &flows, first) { $0.outputInterface = UInt32(truncatingIfNeeded: $1) }
        case .sampler: each(records, &flows, first) { $0.sampler = UInt32(truncatingIfNeeded: $1) }
        case .sourcePort: each(records, &flows, first) { $0.sourcePort = UInt16(truncatingIfNeeded: $1) }
        case .destinationPort: each(records, &flows, first) { $0.destinationPort = UInt16(truncatingIfNeeded: $1) }
        case .udpSourcePort, .tcpSourcePort: each(records, &flows, first) { Self.setUnlessZero(&$0.sourcePort, $1) }
        case .udpDestinationPort, .tcpDestinationPort: each(records, &flows, first) { Self.setUnlessZero(&$0.destinationPort, $1) }
        case .etherType: each(records, &flows, first) { Self.setUnlessZero(&$0.etherType, $1) }
        // RFC 7125: where the field has two octets, the header's data offset may stand in the upper four bits.
        case .tcpFlags: each(records, &flows, first) { $0.tcpFlags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: $1) & 0x0FFF) }
        case .vlan: each(records, &flows, first) { $0.vlan = UInt16(truncatingIfNeeded: $1) & 0x0FFF }
        case .typeOfService: each(records, &flows, first) { $0.typeOfService = UInt8(truncatingIfNeeded: $1) }
        case .dscp: each(records, &flows, first) { $0.typeOfService = UInt8(truncatingIfNeeded: $1) << 2 }
        case .direction: each(records, &flows, first) { $0.direction = $1 == 0 ? .ingress : $1 == 1 ? .egress : .unknown }
        case .forwardingStatus:
            let firstOctet = UInt64(8 * (width - 1))
            each(records, &flows, first) { flow, value in
                // RFC 7270 §4.12: class in the upper two bits. A field of four octets holds it in its first octet, or as a number in its last.
                let status = UInt8(truncatingIfNeeded: value >> firstOctet)
                flow.forwardingStatus = status != 0 ? status : UInt8(truncatingIfNeeded: value)
                if flow.forwardingStatus >> 6 == 2 { flow.dropReason = .forwardingStatus(flow.forwardingStatus) }
            }
        case .endReason: each(records, &flows, first) { $0.endReason = UInt8(truncatingIfNeeded: $1) }
        case .timeToLive: each(records, &flows, first) { $0.timeToLive = UInt8(truncatingIfNeeded: $1) }
        case .protocolNumber: each(records, &flows, first) { $0.protocolNumber = UInt8(truncatingIfNeeded: $1) }
        case .fragmentOffset: each(records, &flows, first) { if $1 & 0x1FFF != 0 { $0.traits.insert(.laterFragment) } }
        case .tunnelSource: each(records, &flows, first) { if $1 != 0 { $0.traits.insert(.tunnelled) } }
        }
    }

    /// A field that is wider than it should be may be zero in the octets that count.
    @inline(__always)
    private static func setUnlessZero(_ member: inout UInt16, _ value: UInt64) {
        let value = UInt16(truncatingIfNeeded: value)
        if value != 0 { member = value }
    }

    @inline(__always)
    private func each(_ records: RecordBytes, _ flows: inout MutableSpan<Flow>, _ first: Int, _ body: (inout Flow, UInt64) -> Void) {
        guard first >= 0, records.count <= flows.count, first <= flows.count - records.count else { return }
        for index in 0..<records.count {
            body(&flows[first &+ index], records.number(endingAt: Int(end), mask: mask, record: index))
        }
    }

    @inline(__always)
    private func eachAddress(_ records: RecordBytes, _ flows: inout MutableSpan<Flow>, _ first: Int, _ body: (inout Flow, IPAddress) -> Void) {
        for index in 0..<records.count {
            let high = records.number(endingAt: Int(end) - 8, mask: .max, record: index)
            body(&flows[first &+ index], IPAddress(high: high, low: records.number(endingAt: Int(end), mask: .max, record: index)))
        }
    }
}
