import FlowModel
import FlowProtocols

/// What a session learns of its exporter beside flows.
extension ExporterSession {
    private static let maximumDomains = 64
    private static let maximumAgents = 16
    private static let maximumStreams = 64
    /// Octets that are counted for a sequence with its gaps.
    static let streamCost = 2 * MemoryLayout<SequenceStream>.stride + 2 * 192
    /// Octets that one more fact may take at most.
    private static let factCost = 1024

    /// Observation domains (source ids, engines, sub-agents) it has spoken in, in the order they came; at most 64.
    package var observationDomains: [UInt32] { domains }

    /// A number that grows whenever some of what it sent did not come, could not be read, or was forgotten by it as it began anew.
    package var troubles: UInt64 {
        let missing = streams.reduce(UInt64(0)) { $0 &+ $1.lost &+ UInt64(clamping: $1.restarts &+ $1.renumberings) }
        let unread = statistics.reduce(UInt64(0)) { sum, part in DecodeError.allCases.reduce(sum) { $0 &+ part.decodeErrors($1) } }
        return missing &+ unread &+ unknownSamplingRecords
    }

    /// How long after a packet it was told of, at most, since the last call, nanoseconds.
    package mutating func takeReportDelay() -> Int64 {
        defer { reportDelay = 0 }
        return reportDelay
    }

    /// Counts the datagram. Returns whether it is the session's first.
    mutating func note(_ summary: DatagramSummary, at now: Timestamp) -> Bool {
        let isFirst = firstSeen == .unknown
        if isFirst { firstSeen = now }
        lastSeen = max(lastSeen, now)
        statistics[ProtocolStatistics.slot(of: summary.exportProtocol)].note(summary)
        guard summary.exportProtocol != nil else { return isFirst }
        if !domains.contains(summary.observationDomain), domains.count < Self.maximumDomains { domains.append(summary.observationDomain) }
        if let agent = summary.agentAddress, !agents.contains(agent), agents.count < Self.maximumAgents { agents.append(agent) }
        return isFirst
    }

    /// Takes in what the exporter says about itself.
    mutating func takeFacts(_ facts: [ExporterFact], at now: Timestamp) {
        for fact in facts {
            let mayGrow = factBytes + Self.factCost <= allowance.factBytes
            let isTaken: Bool
            switch fact {
            case .samplingRate(let domain, let sampler, let rate): isTaken = rates.announce(rate, domain: domain, sampler: sampler, mayGrow: mayGrow)
            case .samplingExpected(let domain): isTaken = rates.expect(domain: domain, mayGrow: mayGrow)
            case .interfaceName(let domain, let index, let name): isTaken = interfaces.learn(name, domain: domain, index: index, mayGrow: mayGrow)
            case .activeTimeout(_, let seconds):
                isTaken = true
                if seconds > 0 { announcedActiveTimeout = seconds }
            case .template(let domain, let id, let traits):
                isTaken = templates.learn(domain: domain, id: id, traits: traits, at: now, mayGrow: mayGrow)
            }
            if !isTaken { refused.facts &+= 1 }
        }
    }

    /// Octets of memory that rates, names, template ids and sequences take, at most.
    var factBytes: Int { rates.bytes + interfaces.bytes + templates.bytes + streams.count * Self.streamCost }

    /// Takes in what the exporter says about itself, for those who count nothing: `announcedRate(for:)` then knows it.
    package mutating func learn(_ facts: [ExporterFact], at now: Timestamp) {
        if !facts.isEmpty { takeFacts(facts, at: now) }
    }

    /// The sampling rate that options data have told for a flow; nil where they have told none.
    package func announcedRate(for flow: Flow) -> UInt32? {
        if case .rate(let rate) = rates.answer(for: flow) { rate } else { nil }
    }

    /// Follows the datagram's sequence number; the index of its stream, nil where there are too many.
    mutating func trackSequence(of summary: DatagramSummary, exportProtocol: ExportProtocol, at now: Timestamp) -> Int? {
        // Open vSwitch numbers the records of all its domains in one run.
        let domain = exportProtocol == .ipfix && isOpenVSwitchIPFIX ? 0 : summary.observationDomain
        let key = SequenceStream.Key(exportProtocol: exportProtocol, domain: domain, agent: summary.agentAddress ?? .unspecified)
        var index = streams.firstIndex { $0.key == key }
        if index == nil {
            // The first is part of what any session costs.
            guard streams.count < Self.maximumStreams, streams.isEmpty || factBytes + Self.streamCost <= allowance.factBytes else {
                refused.facts &+= 1
                return nil
            }
            streams.append(SequenceStream(key: key))
            index = streams.count - 1
        }
        guard let index else { return nil }
        let units: UInt32?
        if exportProtocol == .netflow9 || exportProtocol == .sflow5 {
            units = 1
        } else {
            let isCountKnown = summary.keptDataSets == 0 && summary.errors.allSatisfy { $0.leavesRecordsCounted }
            units = isCountKnown ? summary.sequenceUnits : nil
        }
        streams[index].take(sequence: summary.sequenceNumber, units: units, uptime: summary.uptimeMilliseconds, at: now)
        if streams[index].hasGaps { hasGaps = true }
        return index
    }
}

extension DecodeError {
    /// Whether the number of records in the datagram is known all the same.
    fileprivate var leavesRecordsCounted: Bool {
        switch self {
        case .badPacket, .badTemplate, .zeroLengthTemplate, .templateLimit, .fieldLimit: true
        case .truncated, .unknownVersion, .malformed, .missingTemplate, .keptDataLimit: false
        }
    }
}
