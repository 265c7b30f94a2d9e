import FlowModel
import FlowProtocols

/// What a session learns of its exporter beside flows.
extension ExporterSession {
    private static let maximumDomains = 64
    private static let maximumAgents = 16
    private static let maximumStreams = 64

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
            switch fact {
            case .samplingRate(let domain, let sampler, let rate): rates.announce(rate, domain: domain, sampler: sampler)
            case .samplingExpected(let domain): rates.expect(domain: domain)
            case .interfaceName(let domain, let index, let name): interfaces.learn(name, domain: domain, index: index)
            case .activeTimeout(_, let seconds): if seconds > 0 { announcedActiveTimeout = seconds }
            case .template(let domain, let id, let traits): templates.learn(domain: domain, id: id, traits: traits, at: now)
            }
        }
    }

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
            guard streams.count < Self.maximumStreams else { return nil }
            streams.append(SequenceStream(key: key))
            index = streams.count - 1
        }
        guard let index else { return nil }
        let units: UInt32?
        if exportProtocol == .netflow9 || exportProtocol == .sflow5 {
            units = 1
        } else {
            let isCountKnown = summary.keptDataSets == 0 && summary.errors.allSatisfy { $0 == .badPacket || $0 == .badTemplate }
            units = isCountKnown ? summary.sequenceUnits : nil
        }
        streams[index].take(sequence: summary.sequenceNumber, units: units, uptime: summary.uptimeMilliseconds, at: now)
        return index
    }
}
