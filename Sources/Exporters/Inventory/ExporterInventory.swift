import FlowModel
import FlowProtocols

/// Puts the sessions of all shards together into exporters: an exporter is a name over the sessions of one address.
package enum ExporterInventory {
    /// The exporters, ascending by address.
    package static func exporters(from sessions: [SessionStatus], configuration: ExportersConfiguration) -> [ExporterStatus] {
        exportersByAddress(sessions, configuration: configuration).map(\.exporter)
    }

    /// The exporters with their addresses, ascending by these.
    static func exportersByAddress(
        _ sessions: [SessionStatus], configuration: ExportersConfiguration
    ) -> [(address: IPAddress, exporter: ExporterStatus)] {
        let configured = Dictionary(configuration.exporters.map { ($0.address, $0) }) { first, _ in first }
        return Dictionary(grouping: sessions, by: \.address).filter { !$0.key.isUnspecified }.sorted { $0.key < $1.key }.map { address, sessions in
            let sessions = sessions.sorted { ($0.localPort, $0.sourcePort) < ($1.localPort, $1.sourcePort) }
            return (address, exporter(address, sessions: sessions, configured: configured[address]))
        }
    }

    /// All these sessions together, which are not told apart.
    static func together(_ sessions: [SessionStatus]) -> ExporterStatus {
        ExporterStatus(
            address: "", name: ExporterStatus.restName, node: nil, profile: .standard, isProfileConfigured: false, protocols: byProtocol(sessions),
            sessions: [], corrections: [], pending: sessions.reduce(0) { $0 + $1.pending },
            unknownSamplingRecords: sessions.reduce(0) { $0 &+ $1.unknownSamplingRecords },
            lastSeen: (sessions.map(\.lastSeen).max() ?? .unknown).seconds, sharedAddress: [])
    }

    /// What each address has shown itself to be, where that is more than `standard`: to be handed to its other sessions (`adoptProfile`).
    package static func detectedProfiles(of sessions: [SessionStatus]) -> [IPAddress: ExporterProfile] {
        profiles(sessions.filter { $0.detectedProfile != .standard }.map { ($0.address, $0.detectedProfile) })
    }

    /// One profile for each address, of those that its sessions have shown.
    package static func profiles(_ detected: [(IPAddress, ExporterProfile)]) -> [IPAddress: ExporterProfile] {
        Dictionary(detected, uniquingKeysWith: { $0 == .openvswitch ? $0 : $1 })
    }

    private static func exporter(
        _ address: IPAddress, sessions: [SessionStatus], configured: ExportersConfiguration.Exporter?
    ) -> ExporterStatus {
        let detected = detectedProfiles(of: sessions)[address] ?? .standard
        let latest = sessions.map(\.lastSeen).max() ?? .unknown
        let open = sessions.filter { !$0.isEnded }
        return ExporterStatus(
            address: address.description, name: configured?.name ?? address.description, node: configured?.node,
            profile: configured?.profile ?? detected,
            isProfileConfigured: configured?.profile != nil, protocols: byProtocol(sessions), sessions: open.map(session),
            corrections: distinct(sessions.flatMap(\.corrections)), pending: sessions.reduce(0) { $0 + $1.pending },
            unknownSamplingRecords: sessions.reduce(0) { $0 &+ $1.unknownSamplingRecords }, lastSeen: latest.seconds,
            sharedAddress: distinct(sessions.flatMap(\.contradictions) + SharedAddress.contradictions(between: open)))
    }

    private static func session(_ status: SessionStatus) -> ExporterStatus.Session {
        ExporterStatus.Session(
            sourcePort: status.sourcePort, localPort: status.localPort, protocols: status.protocols.compactMap(\.exportProtocol?.label),
            domains: status.domains, agents: status.agents.map(\.description), templates: status.templates,
            datagrams: status.protocols.reduce(0) { $0 &+ $1.datagrams }, records: status.protocols.reduce(0) { $0 &+ $1.records },
            firstSeen: status.firstSeen.seconds, lastSeen: status.lastSeen.seconds)
    }

    private static func byProtocol(_ sessions: [SessionStatus]) -> [ExporterStatus.ByProtocol] {
        ([nil] + ExportProtocol.allCases).compactMap { exportProtocol in
            let speaking = sessions.filter { $0.protocols.contains { $0.exportProtocol == exportProtocol } }
            // What holds now is what the session says that was heard last.
            guard let latest = speaking.max(by: { ($0.isEnded ? 0 : 1, $0.lastSeen) < ($1.isEnded ? 0 : 1, $1.lastSeen) }) else { return nil }
            let received = speaking.flatMap(\.protocols).filter { $0.exportProtocol == exportProtocol }
            return ExporterStatus.ByProtocol(
                name: exportProtocol?.label ?? "unknown", datagrams: received.reduce(0) { $0 &+ $1.datagrams },
                records: received.reduce(0) { $0 &+ $1.records }, lost: exportProtocol.map { lost($0, speaking) } ?? [:],
                decodeErrors: errors(received),
                templates: speaking.reduce(0) { $0 + $1.templates }, samplingRate: latest.samplingRate, samplingSource: latest.samplingSource,
                activeTimeoutSeconds: latest.activeTimeoutSeconds, isActiveTimeoutAnnounced: latest.isActiveTimeoutAnnounced,
                clockOffsetSeconds: latest.clockOffsetNanoseconds.map { Double($0) / 1e9 }, lastSeen: latest.lastSeen.seconds)
        }
    }

    private static func lost(_ exportProtocol: ExportProtocol, _ sessions: [SessionStatus]) -> [String: UInt64] {
        let unit: SequenceUnit = exportProtocol == .netflow5 || exportProtocol == .ipfix ? .records : .datagrams
        return [unit.rawValue: sessions.reduce(0) { $0 &+ $1.lost(unit, of: exportProtocol) }]
    }

    private static func errors(_ received: [ProtocolStatistics]) -> [String: UInt64] {
        var sums: [String: UInt64] = [:]
        for reason in DecodeError.allCases {
            let sum = received.reduce(0) { $0 &+ $1.decodeErrors(reason) }
            if sum > 0 { sums[reason.rawValue] = sum }
        }
        return sums
    }

    private static func distinct(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { seen.insert($0).inserted }
    }
}
