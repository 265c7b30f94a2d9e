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

        let whole = min(Int(count), reader.remaining / recordLength)
        guard let records = reader.records(recordLength, count: whole) else { return }
        summary.records = whole
        let first = batch.flows.count
        for _ in 0..<whole { batch.flows.append(prototype) }
        var flows = batch.flows.mutableSpan
        for index in 0..<whole { fill(&flows[first &+ index], records, index, clock: clock) }
        if batch.wantsDetail {
            for index in 0..<whole { batch.details.append(detail(records, index, of: batch.flows[first + index], sequence: sequence)) }
        }
    }

    private static let recordLength = 48

    @inline(__always)
    private static func fill(_ flow: inout Flow, _ records: RecordBytes, _ index: Int, clock: ExportClock) {
        // Eight octets at a time.
        let addresses = records.number(endingAt: 8, mask: .max, record: index)
        flow.source = IPAddress(v4: UInt32(truncatingIfNeeded: addresses >> 32))
        flow.destination = IPAddress(v4: UInt32(truncatingIfNeeded: addresses))
        let interfaces = records.number(endingAt: 16, mask: .max, record: index)
        flow.inputInterface = UInt32(UInt16(truncatingIfNeeded: interfaces >> 16))
        flow.outputInterface = UInt32(UInt16(truncatingIfNeeded: interfaces))
        let counts = records.number(endingAt: 24, mask: .max, record: index)
        flow.packets = counts >> 32
        flow.bytes = counts & 0xFFFF_FFFF
        let times = records.number(endingAt: 32, mask: .max, record: index)
        flow.start = clock.moment(uptime: times >> 32)
        flow.end = clock.moment(uptime: times & 0xFFFF_FFFF)
        // Source port, destination port, padding, TCP flags, protocol, type of service.
        let rest = records.number(endingAt: 40, mask: .max, record: index)
        flow.sourcePort = UInt16(truncatingIfNeeded: rest >> 48)
        flow.destinationPort = UInt16(truncatingIfNeeded: rest >> 32)
        flow.tcpFlags = TCPFlags(rawValue: UInt16(UInt8(truncatingIfNeeded: rest >> 16)))
        flow.protocolNumber = UInt8(truncatingIfNeeded: rest >> 8)
        flow.typeOfService = UInt8(truncatingIfNeeded: rest)
        // Open vSwitch: 65533 no output, 65534 several, 65535 all (flood).
        switch flow.outputInterface {
        case 65533:
            flow.traits.insert(.outputDropped)
            flow.dropReason = .unspecified
        case 65534, 65535: flow.traits.insert(.outputMultiple)
        default: break
        }
    }

    private static func detail(_ records: RecordBytes, _ index: Int, of flow: Flow, sequence: UInt32) -> FlowDetail {
        var detail = FlowDetail()
        detail.sequenceNumber = sequence
        let nextHop = records.uint32(8, index)
        if nextHop != 0 { detail.nextHop = IPAddress(v4: nextHop) }
        detail.sourceAS = UInt32(records.uint16(40, index))
        detail.destinationAS = UInt32(records.uint16(42, index))
        detail.sourceNetmask = records.uint8(44, index)
        detail.destinationNetmask = records.uint8(45, index)
        if flow.protocolNumber == 1 {
            detail.icmpType = UInt8(truncatingIfNeeded: flow.destinationPort >> 8)
            detail.icmpCode = UInt8(truncatingIfNeeded: flow.destinationPort)
        }
        return detail
    }
}

extension RecordBytes {
    @inline(__always)
    fileprivate func uint8(_ offset: Int, _ record: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: number(endingAt: offset + 1, mask: 0xFF, record: record))
    }
    @inline(__always)
    fileprivate func uint16(_ offset: Int, _ record: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: number(endingAt: offset + 2, mask: 0xFFFF, record: record))
    }
    @inline(__always)
    fileprivate func uint32(_ offset: Int, _ record: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: number(endingAt: offset + 4, mask: 0xFFFF_FFFF, record: record))
    }
}
