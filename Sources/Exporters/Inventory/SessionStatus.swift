import FlowModel
import FlowProtocols

/// The state of one session at a moment, apart from what it works with: shards hand these out, the inventory adds them up.
package struct SessionStatus: Sendable {
    /// One run of sequence numbers.
    package struct Stream: Sendable, Equatable {
        package var exportProtocol: ExportProtocol
        /// Observation domain, source id, engine, sub-agent; 0 where the exporter numbers all its domains in one run.
        package var domain: UInt32
        /// The agent of sFlow; else `.unspecified`.
        package var agent: IPAddress
        package var unit: SequenceUnit
        package var received: UInt64
        package var lost: UInt64
        /// The number expected next; nil where it isn't known.
        package var next: UInt32?
    }

    package var address: IPAddress
    package var sourcePort: UInt16
    package var localPort: UInt16
    package var profile: ExporterProfile
    package var detectedProfile: ExporterProfile
    package var firstSeen: Timestamp
    package var lastSeen: Timestamp
    /// Received by each protocol that came, and by none.
    package var protocols: [ProtocolStatistics]
    /// Observation domains (source ids, engines, sub-agents) in the order they came; at most 64.
    package var domains: [UInt32]
    /// Agent addresses of sFlow; at most 16.
    package var agents: [IPAddress]
    package var streams: [Stream]
    /// Distinct templates seen.
    package var templates: Int
    /// Flows that wait for their sampling rate.
    package var pending: Int
    /// Records counted at the default rate because theirs did not come: `weir_unknown_sampling_records_total`.
    package var unknownSamplingRecords: UInt64
    /// The rate last applied.
    package var samplingRate: UInt32
    package var samplingSource: SamplingSource
    /// Seconds; as announced, else the longest flow seen, rounded up. Nil before any.
    package var activeTimeoutSeconds: UInt32?
    /// Whether `activeTimeoutSeconds` is the exporter's word.
    package var isActiveTimeoutAnnounced: Bool
    /// By how much its clock is ahead of ours, nanoseconds, to about a second; nil for sFlow, which tells no time.
    package var clockOffsetNanoseconds: Int64?
    /// What is corrected in its records, in words.
    package var corrections: [String]
    /// Why more than one exporter must be behind this session, in words; empty where nothing says so.
    package var contradictions: [String]
    /// Whether it stands for sessions that have ended (`end()`).
    package var isEnded = false
    /// How often sessions were added to it whose exporter is forgotten (`forgetExporter()`).
    package var folded: UInt64 = 0

    /// Whether it has brought a record.
    var hasRecords: Bool { protocols.contains { $0.records > 0 } }

    /// Units missing for good, by unit.
    package func lost(_ unit: SequenceUnit, of exportProtocol: ExportProtocol) -> UInt64 {
        streams.reduce(0) { $1.unit == unit && $1.exportProtocol == exportProtocol ? $0 &+ $1.lost : $0 }
    }
}

extension ExporterSession {
    /// The session as it stands.
    package func status() -> SessionStatus {
        SessionStatus(
            address: address, sourcePort: sourcePort, localPort: localPort, profile: profile, detectedProfile: detectedProfile, firstSeen: firstSeen,
            lastSeen: lastSeen, protocols: statistics.filter { $0.datagrams > 0 }, domains: domains, agents: agents,
            streams: streams.map {
                .init(
                    exportProtocol: $0.key.exportProtocol, domain: $0.key.domain, agent: $0.key.agent, unit: $0.unit, received: $0.received,
                    lost: $0.lost,
                    next: $0.next)
            },
            templates: templates.count, pending: pending.count, unknownSamplingRecords: unknownSamplingRecords, samplingRate: appliedRate,
            samplingSource: appliedSource, activeTimeoutSeconds: announcedActiveTimeout ?? measuredActiveTimeout,
            isActiveTimeoutAnnounced: announcedActiveTimeout != nil, clockOffsetNanoseconds: clock.nanoseconds, corrections: correctionsInWords,
            contradictions: contradictions)
    }

    private var measuredActiveTimeout: UInt32? {
        longestDuration > 0 ? UInt32(clamping: (longestDuration + 999_999_999) / 1_000_000_000) : nil
    }

    private var correctionsInWords: [String] {
        var all = corrections
        if streams.contains(where: { $0.reading == .including }) { all.insert(.includingSequence) }
        return all.inWords
    }

    /// Within one session: a template id with several meanings, a sequence that jumps between runs, several sFlow agents.
    private var contradictions: [String] {
        var words: [String] = []
        if let flapping = templates.flapping, lastSeen.since(flapping.at) < 3_600_000_000_000 {
            words.append("template \(flapping.id) of domain \(flapping.domain) keeps changing its definition")
        }
        for stream in streams where stream.renumberings >= 3 {
            words.append(
                "the sequence numbers of \(stream.key.exportProtocol.label) domain \(stream.key.domain) jump between runs (\(stream.renumberings) times)"
            )
        }
        if agents.count > 1 {
            words.append("sFlow of \(agents.count) agents: " + agents.map(\.description).sorted().joined(separator: ", "))
        }
        return words
    }
}
