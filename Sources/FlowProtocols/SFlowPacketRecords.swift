import FlowModel

/// The records of one flow sample: what of them is needed for every sample is found at once, the rest is looked up.
struct SFlowPacketRecords {
    /// From the first record on.
    private let records: ByteReader
    private let count: UInt32
    /// `sampled_header`, the first of the sample.
    private(set) var rawHeader: ByteReader?
    /// Whether one of `sampled_ethernet`, `sampled_ipv4`, `sampled_ipv6` is there.
    private(set) var hasDecodedPacket = false
    /// Whether the exporter itself tells of a tunnel whose header is not in the sampled packet.
    private(set) var hasOuterHeader = false
    /// Where the outer header ends, in octets from the start of the sampled header.
    private(set) var tunnelEnd: Int?
    /// Whether all the records that were announced are there.
    private(set) var isComplete = true

    /// Finds the records in what is left of a sample, from their number on.
    init(_ sample: ByteReader) {
        var reader = sample
        count = reader.uint32() ?? 0
        records = reader
        isComplete = sample.remaining >= 4
        for _ in 0..<count {
            guard let (format, body) = reader.sFlowItem() else {
                isComplete = false
                return
            }
            switch format {
            case 1: rawHeader = rawHeader ?? body
            case 2...4: hasDecodedPacket = true
            // sflow.org/sflow_tunnels.txt: each once for egress and once for ingress.
            case 1023...1026, 1029, 1030: hasOuterHeader = true
            case 1027, 1028: tunnelEnd = body.peek(UInt32.self).map(Int.init)
            default: break
            }
        }
    }

    /// Whether the sample is of a packet at all: an application's transaction, for one, is not.
    var hasPacket: Bool { rawHeader != nil || hasDecodedPacket }

    /// The first record of a format; nil where there is none.
    func first(_ wanted: UInt32) -> ByteReader? {
        var reader = records
        for _ in 0..<count {
            guard let (format, record) = reader.sFlowItem() else { return nil }
            if format == wanted { return record }
        }
        return nil
    }
}

extension SFlowDecoder {
    /// Makes a flow of a sampled packet from the records that `sample` stands before.
    static func decodePacket(
        _ sample: ByteReader, header: SFlowSampleHeader, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary
    ) {
        let records = SFlowPacketRecords(sample)
        if !records.isComplete { summary.note(.malformed) }
        guard records.hasPacket else { return }

        var flow = Flow()
        flow.exportProtocol = .sflow5
        flow.observationDomain = summary.observationDomain
        flow.packets = 1
        flow.start = receivedAt
        flow.end = receivedAt
        flow.traits = .packetSample
        header.fill(&flow)
        if !records.fillPacket(&flow) { summary.note(.badPacket) }
        if records.hasOuterHeader { flow.traits.insert(.tunnelled) }

        batch.flows.append(flow)
        if batch.wantsDetail { batch.details.append(records.detail(summary)) }
        summary.records += 1
    }
}

extension SFlowPacketRecords {
    /// Fills addresses, ports and octets from the best record there is; false where none could be read as far as the network layer.
    fileprivate func fillPacket(_ flow: inout Flow) -> Bool {
        if let rawHeader, fillRawHeader(rawHeader, &flow) { return true }
        guard hasDecodedPacket else { return false }
        let frame = first(2).flatMap { fillEthernet($0, &flow) }
        if let record = first(3), fillSampledIP(record, isV6: false, &flow) { return true }
        if let record = first(4), fillSampledIP(record, isV6: true, &flow) { return true }
        guard rawHeader == nil, let type = frame, type != EtherType.ipv4, type != EtherType.ipv6 else { return false }
        flow.etherType = type
        flow.overhead = UInt16(clamping: flow.bytes)
        return true
    }

    /// `sampled_header` (format 1).
    private func fillRawHeader(_ record: ByteReader, _ flow: inout Flow) -> Bool {
        guard let frameLength = record.peek(UInt32.self, at: 4) else { return false }
        flow.bytes = UInt64(frameLength)
        guard let (section, link, stripped) = Self.section(of: record) else { return false }
        return PacketSection.parse(
            section, link: link, frameLength: Int(frameLength), stripped: stripped, tunnelEnd: tunnelEnd, opensTunnels: !hasOuterHeader, into: &flow)
    }

    /// The packet's octets in a `sampled_header`, what they begin with, and how many were removed from its end; nil where there are none that can be read.
    @inline(__always)
    private static func section(of record: ByteReader) -> (section: ByteReader, link: PacketSection.Link, stripped: Int)? {
        var reader = record
        guard let protocolNumber = reader.uint32(), reader.skip(4), let stripped = reader.uint32(), let length = reader.uint32(),
            let section = reader.slice(Int(length))
        else { return nil }
        switch protocolNumber {
        case 1: return (section, .ethernet, Int(stripped))
        case 11, 12: return (section, .ip, Int(stripped))
        default: return nil
        }
    }

    /// `sampled_ethernet` (format 2): the EtherType; nil where it is cut off.
    private func fillEthernet(_ record: ByteReader, _ flow: inout Flow) -> UInt16? {
        var reader = record
        // A MAC address is six octets of opaque data, padded to eight.
        guard let length = reader.uint32(), reader.skip(16), let type = reader.uint32() else { return nil }
        if rawHeader == nil { flow.bytes = UInt64(length) }
        return UInt16(exactly: type) ?? 0
    }

    /// `sampled_ipv4` and `sampled_ipv6` (formats 3 and 4): false where the record is cut off.
    private func fillSampledIP(_ record: ByteReader, isV6: Bool, _ flow: inout Flow) -> Bool {
        var reader = record
        guard let length = reader.uint32(), let protocolNumber = reader.uint32(),
            let from = isV6 ? reader.sFlowIPv6Address() : reader.uint32().map(IPAddress.init(v4:)),
            let to = isV6 ? reader.sFlowIPv6Address() : reader.uint32().map(IPAddress.init(v4:)),
            let sourcePort = reader.uint32(), let destinationPort = reader.uint32(), let tcpFlags = reader.uint32(), let service = reader.uint32()
        else { return false }
        flow.etherType = isV6 ? EtherType.ipv6 : EtherType.ipv4
        flow.source = from
        flow.destination = to
        flow.protocolNumber = UInt8(truncatingIfNeeded: protocolNumber)
        flow.sourcePort = UInt16(truncatingIfNeeded: sourcePort)
        flow.destinationPort = UInt16(truncatingIfNeeded: destinationPort)
        flow.typeOfService = UInt8(truncatingIfNeeded: service)
        if flow.protocolNumber == IPProtocol.tcp {
            flow.tcpFlags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: tcpFlags & 0x01FF))
            flow.traits.insert(.hasTCPFlags)
        }
        if flow.bytes == 0 { flow.bytes = UInt64(length) }
        flow.overhead = UInt16(clamping: Int64(flow.bytes) - Int64(length))
        return true
    }

    /// What only a `FlowDetail` holds.
    fileprivate func detail(_ summary: DatagramSummary) -> FlowDetail {
        var detail = FlowDetail()
        detail.sequenceNumber = summary.sequenceNumber
        detail.agentAddress = summary.agentAddress
        if !fillHeaders(&detail), let frame = first(2), let from = frame.peek(UInt64.self, at: 4), let to = frame.peek(UInt64.self, at: 12) {
            detail.sourceMAC = from >> 16
            detail.destinationMAC = to >> 16
        }
        fillExtensions(&detail)
        return detail
    }

    private func fillHeaders(_ detail: inout FlowDetail) -> Bool {
        guard let (section, link, _) = rawHeader.flatMap(Self.section) else { return false }
        return PacketSection.parseDetail(section, link: link, tunnelEnd: tunnelEnd, opensTunnels: !hasOuterHeader, into: &detail)
    }

    private func fillExtensions(_ detail: inout FlowDetail) {
        if var reader = first(1001), let from = reader.uint32(), reader.skip(4), let to = reader.uint32() {
            detail.sourceVLAN = UInt16(exactly: from) ?? 0
            detail.destinationVLAN = UInt16(exactly: to) ?? 0
        }
        if var reader = first(1002), let nextHop = reader.sFlowAddress() {
            detail.nextHop = nextHop
            detail.sourceNetmask = UInt8(clamping: reader.uint32() ?? 0)
            detail.destinationNetmask = UInt8(clamping: reader.uint32() ?? 0)
        }
        guard hasOuterHeader else { return }
        // The outer header is a sampled_ipv4 or sampled_ipv6: length and protocol stand before its addresses.
        if var reader = first(1023) ?? first(1024), reader.skip(8), let from = reader.uint32(), let to = reader.uint32() {
            detail.tunnelSource = IPAddress(v4: from)
            detail.tunnelDestination = IPAddress(v4: to)
        }
        if var reader = first(1025) ?? first(1026), reader.skip(8), let from = reader.sFlowIPv6Address(),
            let to = reader.sFlowIPv6Address()
        {
            detail.tunnelSource = from
            detail.tunnelDestination = to
        }
        if var reader = first(1029) ?? first(1030), let identifier = reader.uint32() { detail.tunnelVNI = UInt64(identifier) }
    }
}
