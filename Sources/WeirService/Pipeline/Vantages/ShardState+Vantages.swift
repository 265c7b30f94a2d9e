import FlowModel
import Identity

/// Which parts of what a session reports count here, where others may report the same (`VantageElection`).
extension ShardState {
    /// Says what a batch's session counts. For most batches that is a look at its role; records are looked at only while it is not known yet which parts the
    /// session reports, and where the node has several vantage points.
    @inline(__always)
    mutating func settleVantage(of index: Int, _ flows: [Flow], _ origin: inout FlowOrigin, at now: Timestamp) {
        guard let node = origin.node, configuration.deduplicates, !flows.isEmpty else { return }
        origin.vantage = sessions[index].vantage(speaking: flows[0].exportProtocol)
        if let role = view.roles[origin.vantage], role.claimed == .all, !role.isWatched {
            origin.counts = role.counts
        } else {
            lookForVantage(of: index, flows, node, &origin, at: now)
        }
    }

    @inline(never)
    private mutating func lookForVantage(of index: Int, _ flows: [Flow], _ node: NodeIndex, _ origin: inout FlowOrigin, at now: Timestamp) {
        var role = view.roles[origin.vantage]
        let isWatched = role?.isWatched == true
        var reported: Vantage.Part = []
        let vantage = Vantage(exporterNode: node, reportsBothDirections: origin.reportsBothDirections)
        for position in flows.indices where !flows[position].source.isUnspecified || !flows[position].destination.isUnspecified {
            let ends = entries[position]
            let part = vantage.part(source: ends.source, destination: ends.destination, exporting: view.exportingNodes)
            reported.formUnion(part)
            if isWatched { sessions[index].evidence.note(flows[position], part) }
        }
        if role == nil || !(role?.claimed.isSuperset(of: reported) ?? false), !reported.isEmpty, let name = view.identity.name(of: node) {
            let point = VantagePoint(exportProtocol: flows[0].exportProtocol, exporter: sessions[index].key.address)
            let number = shared.claim(
                reported, of: name, by: point, domains: sessions[index].vantageDomains(flows[0].observationDomain), number: sessions[index].vantage,
                at: now)
            sessions[index].take(number, flows[0].exportProtocol)
            // The rest of what may have changed is taken up with the next batch.
            view.roles = shared.roles
            role = view.roles[number]
            origin.vantage = number
        }
        if let role { origin.counts = role.counts }
    }

    /// When the vantage points were last heard, and what the watched ones have reported since the last call.
    mutating func takeEvidence(into evidence: inout [VantageNumber: VantageEvidence], heard: inout [VantageNumber: Timestamp]) {
        for index in sessions.indices where sessions[index].isInUse && sessions[index].vantage != .none {
            heard[sessions[index].vantage] = max(heard[sessions[index].vantage] ?? .unknown, sessions[index].lastSeen)
            guard sessions[index].hasEvidence else { continue }
            let taken = sessions[index].takeEvidence()
            evidence[sessions[index].vantage, default: VantageEvidence()].add(taken)
        }
    }
}
