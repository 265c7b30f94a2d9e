import Exporters
import FlowModel

/// What was counted of sessions that ended or were forgotten, added up by exporter, so that no counter goes back.
struct EndedSessions: Sendable {
    /// Exporters that are told apart at most; beyond, those silent for longest are added up together.
    private static let maximumExporters = 4096

    private var byAddress: [IPAddress: (status: SessionStatus, exported: Timestamp)] = [:]
    /// All others together; its address is `.unspecified`.
    private var rest: SessionStatus?

    /// One status for each exporter, and one for the rest.
    var statuses: [SessionStatus] { byAddress.values.map(\.status) + (rest.map { [$0] } ?? []) }

    /// Sessions that were added.
    private(set) var added = 0

    /// Adds a session that has ended; `isExporting`: its node is known as one that exports.
    mutating func add(_ status: SessionStatus, isExporting: Bool) {
        added += 1
        var status = status
        status.end()
        // Whoever has never brought a record is told apart from nobody: so much is forged easily.
        guard byAddress[status.address] != nil || status.protocols.contains(where: { $0.records > 0 }) else { return addToRest(status) }
        let exported = isExporting ? status.lastSeen : .unknown
        guard var known = byAddress[status.address] else {
            if byAddress.count >= Self.maximumExporters { foldLongestSilent() }
            byAddress[status.address] = (status, exported)
            return
        }
        known.status.add(ended: status)
        known.exported = max(known.exported, exported)
        byAddress[status.address] = known
    }

    /// Exporters whose sessions brought flows since `moment`.
    func exporting(since moment: Timestamp) -> [IPAddress] {
        byAddress.filter { $0.value.exported != .unknown && $0.value.exported >= moment }.map(\.key)
    }

    /// What addresses have shown themselves to be, where that is more than `standard`.
    var detectedProfiles: [(IPAddress, ExporterProfile)] {
        byAddress.values.compactMap { $0.status.detectedProfile == .standard ? nil : ($0.status.address, $0.status.detectedProfile) }
    }

    private mutating func addToRest(_ status: SessionStatus) {
        var status = status
        status.forgetExporter()
        if rest == nil { rest = status } else { rest?.add(ended: status) }
    }

    /// Adds a quarter of the exporters to the rest: one look over all of them pays for many.
    private mutating func foldLongestSilent() {
        let oldest = byAddress.values.map(\.status).sorted { $0.lastSeen < $1.lastSeen }.prefix(Self.maximumExporters / 4)
        for status in oldest {
            byAddress[status.address] = nil
            addToRest(status)
        }
    }
}
