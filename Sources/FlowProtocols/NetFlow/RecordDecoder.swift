import FlowModel

/// Decodes the records of one data set into flows.
struct RecordDecoder {
    private let plan: TemplatePlan
    private let clock: ExportClock
    private let sequenceNumber: UInt32
    /// What each of the set's flows has, whatever its record says.
    private let prototype: Flow

    init(plan: TemplatePlan, message: Message) {
        self.plan = plan
        clock = message.clock
        sequenceNumber = message.sequenceNumber
        var flow = Flow()
        flow.exportProtocol = message.exportProtocol
        flow.observationDomain = message.domain
        flow.traits = plan.flowTraits
        flow.etherType = plan.etherType
        prototype = flow
    }

    /// The hot path: records of one length whose flow steps alone make the flow. Gives the number of records.
    func decodeColumns(_ reader: inout ByteReader, into batch: inout FlowBatch) -> Int {
        let count = reader.remaining / plan.minimumLength
        guard let records = reader.records(plan.minimumLength, count: count) else { return 0 }
        let first = batch.flows.count
        for _ in 0..<count { batch.flows.append(prototype) }
        var flows = batch.flows.mutableSpan
        let flowSteps = plan.flowSteps
        let steps = flowSteps.span
        FlowStep.run(steps, 0..<steps.count, variable: nil, records, clock: clock, to: &flows, from: first)
        return count
    }

    /// The same for records with variable-length fields, one at a time. Gives the number of records.
    func decodeSegments(_ reader: inout ByteReader, into batch: inout FlowBatch) -> Int {
        var count = 0
        while reader.remaining >= plan.minimumLength {
            var next = reader
            guard append(prototype, filledFrom: &next, plan.flowSteps, \.flow, to: &batch) else { break }
            reader = next
            count &+= 1
        }
        return count
    }

    /// All records whatever they have. Gives the number of records.
    func decode(_ reader: inout ByteReader, into batch: inout FlowBatch, summary: inout DatagramSummary) -> Int {
        var count = 0
        while reader.remaining >= plan.minimumLength {
            var next = reader
            guard append(prototype, filledFrom: &next, plan.flowSteps, \.flow, to: &batch) else { break }
            complete(reader, &batch, &summary)
            reader = next
            count &+= 1
        }
        return count
    }

    /// Adds a flow and lets these steps fill it from one record; false, and nothing is added, where the record ends too early.
    @inline(__always)
    private func append(
        _ flow: Flow, filledFrom reader: inout ByteReader, _ flowSteps: [FlowStep], _ range: (TemplatePlan.Segment) -> Range<Int>,
        to batch: inout FlowBatch
    ) -> Bool {
        let first = batch.flows.count
        batch.flows.append(flow)
        let planSegments = plan.segments
        let (steps, segments) = (flowSteps.span, planSegments.span)
        var flows = batch.flows.mutableSpan
        for index in segments.indices {
            guard let (octets, variable) = TemplatePlan.octets(of: segments[index], &reader) else {
                batch.flows.removeLast()
                return false
            }
            let chosen = range(segments[index])
            if !chosen.isEmpty { FlowStep.run(steps, chosen, variable: variable, octets, clock: clock, to: &flows, from: first) }
        }
        return true
    }

    /// Does what the flow steps alone do not for the flow added last, whose record `reader` stands before.
    private func complete(_ reader: ByteReader, _ batch: inout FlowBatch, _ summary: inout DatagramSummary) {
        let index = batch.flows.count - 1
        var flow = batch.flows[index]
        var values = RareValues()
        if !plan.rareSteps.isEmpty {
            var again = reader
            _ = plan.readRare(&again, into: &values)
            finishTimes(&flow, values)
            finishICMP(&flow, values)
            if values.sampling.rate > 0 { flow.samplingRate = values.sampling.rate }
            finishPacket(&flow, values, &summary)
        }
        finishAddresses(&flow, values)
        batch.flows[index] = flow
        if batch.wantsDetail { append(detail(reader, values), of: flow, to: &batch) }
        appendNames(values, to: &batch)
        if !plan.reverseSteps.isEmpty { appendReverse(of: flow, reader, values, to: &batch) }
    }

    // MARK: What takes more than one field

    private func finishAddresses(_ flow: inout Flow, _ values: RareValues) {
        if plan.isHybrid {
            // 0.0.0.0 towards an IPv4 address, as DHCP has it, was passed over as "not set".
            if flow.destination.isV4, flow.source.isUnspecified { flow.source = IPAddress(v4: 0) }
            if flow.source.isV4, flow.destination.isUnspecified { flow.destination = IPAddress(v4: 0) }
        }
        guard flow.etherType == 0 else { return }
        if !flow.source.isUnspecified {
            flow.etherType = flow.source.isV4 ? 0x0800 : 0x86DD
        } else if values.ipVersion == 4 || values.ipVersion == 6 {
            flow.etherType = values.ipVersion == 4 ? 0x0800 : 0x86DD
        }
    }

    private func finishTimes(_ flow: inout Flow, _ values: RareValues) {
        guard values.startUptime != nil || values.endUptime != nil else { return }
        let clock = values.systemInit.map(clock.started(atMilliseconds:)) ?? clock
        if let uptime = values.startUptime { flow.start = clock.moment(uptime: uptime) }
        if let uptime = values.endUptime { flow.end = clock.moment(uptime: uptime) }
    }

    private func finishICMP(_ flow: inout Flow, _ values: RareValues) {
        // Exporters that fill an ICMP field in every record must not give a TCP flow another port.
        if values.icmp != 0, isICMP(flow) || !plan.hasProtocol { flow.destinationPort = values.icmp }
    }

    private func isICMP(_ flow: Flow) -> Bool { flow.protocolNumber == 1 || flow.protocolNumber == 58 }

    /// A packet's section (RFC 5477 §8.5) makes the record one sampled packet, unless counts say otherwise.
    private func finishPacket(_ flow: inout Flow, _ values: RareValues, _ summary: inout DatagramSummary) {
        if var payload = values.payload, values.section == nil {
            countPacket(&flow, bytes: values.frameSize > 0 ? values.frameSize : values.ipLength)
            // The first octets behind the IP header: of these protocols, the ports.
            if [6, 17, 132].contains(flow.protocolNumber), values.sectionOffset == 0, let source = payload.uint16(),
                let destination = payload.uint16()
            {
                flow.sourcePort = source
                flow.destinationPort = destination
            }
        }
        guard let section = values.ownSection else { return }
        let length = SampledPacketLength.octets(section, link: values.sectionLink, frameSize: values.frameSize, ipLength: values.ipLength)
        countPacket(&flow, bytes: length)
        if values.sectionOffset != 0 || !PacketSection.parse(section, link: values.sectionLink, frameLength: length, into: &flow) {
            summary.note(.badPacket)
        }
    }

    private func countPacket(_ flow: inout Flow, bytes: Int) {
        flow.traits.insert(.packetSample)
        guard !plan.hasCounts else { return }
        flow.packets = 1
        flow.bytes = UInt64(max(bytes, 0))
    }

    // MARK: Adding

    /// What only a `FlowDetail` holds of the record that `reader` stands before.
    private func detail(_ reader: ByteReader, _ values: RareValues) -> FlowDetail {
        var (again, detail) = (reader, FlowDetail())
        _ = plan.readDetail(&again, into: &detail)
        if values.sectionOffset == 0, let section = values.ownSection {
            _ = PacketSection.parseDetail(section, link: values.sectionLink, into: &detail)
        }
        return detail
    }

    private func append(_ detail: FlowDetail, of flow: Flow, to batch: inout FlowBatch) {
        var detail = detail
        detail.sequenceNumber = sequenceNumber
        if isICMP(flow) {
            detail.icmpType = UInt8(truncatingIfNeeded: flow.destinationPort >> 8)
            detail.icmpCode = UInt8(truncatingIfNeeded: flow.destinationPort)
        }
        batch.details.append(detail)
    }

    private func appendNames(_ values: RareValues, swapped: Bool = false, to batch: inout FlowBatch) {
        guard plan.traits.contains(.antrea) else { return }
        func text(_ octets: ByteReader?) -> String { octets?.text() ?? "" }
        var names = ClaimedNames(flow: batch.flows.count - 1)
        names.sourceNamespace = text(swapped ? values.destinationNamespace : values.sourceNamespace)
        names.sourcePod = text(swapped ? values.destinationPod : values.sourcePod)
        names.destinationNamespace = text(swapped ? values.sourceNamespace : values.destinationNamespace)
        names.destinationPod = text(swapped ? values.sourcePod : values.destinationPod)
        if !names.sourcePod.isEmpty || !names.destinationPod.isEmpty { batch.claimedNames.append(names) }
    }

    /// The other half of a biflow (RFC 5103): the ends swapped, its own counts, and the rest where the record says it for this direction.
    private func appendReverse(
        of forward: Flow, _ start: ByteReader, _ values: RareValues, to batch: inout FlowBatch
    ) {
        var flow = forward.reversed
        flow.traits.formUnion(plan.reverseTraits)
        if isICMP(forward) { (flow.sourcePort, flow.destinationPort) = (0, values.reverseICMP) }
        var reader = start
        guard append(flow, filledFrom: &reader, plan.reverseSteps, \.reverse, to: &batch) else { return }
        let filled = batch.flows[batch.flows.count - 1]
        guard filled.packets > 0 || filled.bytes > 0 else {
            batch.flows.removeLast()
            return
        }
        if batch.wantsDetail, let forward = batch.details.last { append(forward.reversed, of: filled, to: &batch) }
        appendNames(values, swapped: true, to: &batch)
    }
}

extension Flow {
    /// The flow the other way, of whose counts and flags nothing is known yet.
    fileprivate var reversed: Flow {
        var flow = self
        (flow.source, flow.destination) = (destination, source)
        (flow.sourcePort, flow.destinationPort) = (destinationPort, sourcePort)
        (flow.inputInterface, flow.outputInterface) = (outputInterface, inputInterface)
        (flow.bytes, flow.packets, flow.droppedBytes, flow.droppedPackets) = (0, 0, 0, 0)
        flow.tcpFlags = []
        flow.traits.subtract([.hasTCPFlags, .totals])
        flow.dropReason = .none
        flow.direction = .unknown
        flow.forwardingStatus = 0
        flow.timeToLive = 0
        return flow
    }
}

extension FlowDetail {
    fileprivate var reversed: FlowDetail {
        var detail = self
        (detail.sourceMAC, detail.destinationMAC) = (destinationMAC, sourceMAC)
        (detail.sourceVLAN, detail.destinationVLAN) = (destinationVLAN, sourceVLAN)
        (detail.sourceAS, detail.destinationAS) = (destinationAS, sourceAS)
        (detail.sourceNetmask, detail.destinationNetmask) = (destinationNetmask, sourceNetmask)
        (detail.inputInterfaceName, detail.outputInterfaceName) = (outputInterfaceName, inputInterfaceName)
        detail.nextHop = .unspecified
        return detail
    }
}
