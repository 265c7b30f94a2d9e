import FlowModel

/// NetFlow version 5: a header of 24 octets and records of 48, without templates.
enum NetFlow5 {
    /// Decodes one datagram, whose reader stands before the version field.
    static func decode(_ datagram: ByteReader, into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var reader = datagram
        summary.exportProtocol = .netflow5
        guard reader.skip(2), let count = reader.uint16(), let uptime = reader.uint32(), let seconds = reader.uint32(),
            let nanoseconds = reader.uint32(), let sequence = reader.uint32(), let engine = reader.uint16(), let sampling = reader.uint16()
        else { return summary.note(.truncated) }
        let exportTime = Timestamp(seconds: Int64(seconds), nanoseconds: Int64(min(nanoseconds, 999_999_999)))
        let clock = ExportClock(exportTime: exportTime, uptime: uptime)
        summary.observationDomain = UInt32(engine)
        summary.sequenceNumber = sequence
        summary.sequenceUnits = UInt32(count)
        summary.exportTime = exportTime
        summary.uptimeMilliseconds = uptime
        if Int(count) * recordLength != reader.remaining { summary.note(.malformed) }

        var prototype = Flow()
        prototype.exportProtocol = .netflow5
        prototype.observationDomain = UInt32(engine)
        prototype.etherType = 0x0800
        prototype.traits = .hasTCPFlags
        // The upper two bits are the mode, 0 for none.
        let interval = UInt32(sampling & 0x3FFF)
        if sampling >> 14 != 0, interval > 1 { prototype.samplingRate = interval }

        for _ in 0..<count {
            guard let record = reader.records(recordLength) else { break }
            var flow = prototype
            fill(&flow, record, clock: clock)
            batch.flows.append(flow)
            if batch.wantsDetail { batch.details.append(detail(record, of: flow, sequence: sequence)) }
            summary.records &+= 1
        }
    }

    private static let recordLength = 48

    @inline(__always)
    private static func fill(_ flow: inout Flow, _ record: RecordBytes, clock: ExportClock) {
        flow.source = IPAddress(v4: record.uint32(0))
        flow.destination = IPAddress(v4: record.uint32(4))
        flow.inputInterface = UInt32(record.uint16(12))
        flow.outputInterface = UInt32(record.uint16(14))
        flow.packets = UInt64(record.uint32(16))
        flow.bytes = UInt64(record.uint32(20))
        flow.start = clock.moment(uptime: UInt64(record.uint32(24)))
        flow.end = clock.moment(uptime: UInt64(record.uint32(28)))
        flow.sourcePort = record.uint16(32)
        flow.destinationPort = record.uint16(34)
        flow.tcpFlags = TCPFlags(rawValue: UInt16(record.uint8(37)))
        flow.protocolNumber = record.uint8(38)
        flow.typeOfService = record.uint8(39)
        // Open vSwitch: 65533 no output, 65534 several, 65535 all (flood).
        switch flow.outputInterface {
        case 65533:
            flow.traits.insert(.outputDropped)
            flow.dropReason = .unspecified
        case 65534, 65535: flow.traits.insert(.outputMultiple)
        default: break
        }
    }

    private static func detail(_ record: RecordBytes, of flow: Flow, sequence: UInt32) -> FlowDetail {
        var detail = FlowDetail()
        detail.sequenceNumber = sequence
        let nextHop = record.uint32(8)
        if nextHop != 0 { detail.nextHop = IPAddress(v4: nextHop) }
        detail.sourceAS = UInt32(record.uint16(40))
        detail.destinationAS = UInt32(record.uint16(42))
        detail.sourceNetmask = record.uint8(44)
        detail.destinationNetmask = record.uint8(45)
        if flow.protocolNumber == 1 {
            detail.icmpType = UInt8(truncatingIfNeeded: flow.destinationPort >> 8)
            detail.icmpCode = UInt8(truncatingIfNeeded: flow.destinationPort)
        }
        return detail
    }
}

extension RecordBytes {
    @inline(__always)
    fileprivate func uint8(_ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: number(endingAt: offset + 1, mask: 0xFF)) }
    @inline(__always)
    fileprivate func uint16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(endingAt: offset + 2, mask: 0xFFFF)) }
    @inline(__always)
    fileprivate func uint32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(endingAt: offset + 4, mask: 0xFFFF_FFFF)) }
}
