import Exporters
import FlowModel

/// What was counted of sessions that ended with their TCP connections, added up by exporter.
struct EndedSessions: Sendable {
    /// Exporters that are remembered at most; beyond, the one silent for longest makes room.
    private static let maximumExporters = 4096

    private var byAddress: [IPAddress: (status: SessionStatus, exported: Timestamp)] = [:]

    /// One status for each exporter.
    var statuses: [SessionStatus] { byAddress.values.map(\.status) }

    /// Adds a session that has ended; `isExporting`: its node is known as one that exports.
    mutating func add(_ status: SessionStatus, isExporting: Bool) {
        var status = status
        status.end()
        let exported = isExporting ? status.lastSeen : .unknown
        guard var known = byAddress[status.address] else {
            if byAddress.count >= Self.maximumExporters, let oldest = byAddress.min(by: { $0.value.status.lastSeen < $1.value.status.lastSeen })?.key
            {
                byAddress[oldest] = nil
            }
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
}
