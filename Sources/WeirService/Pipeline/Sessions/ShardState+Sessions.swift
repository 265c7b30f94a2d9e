import Exporters
import FlowModel
import FlowProtocols
import Identity
import Windows

/// How sessions come, go and are looked after.
extension ShardState {
    /// How long an interface is shown of which nothing is heard, nanoseconds: an hour.
    private static let interfaceMemory: Int64 = 3_600_000_000_000
    /// Far enough ahead that nothing may wait any longer, nanoseconds: an hour.
    private static let farAhead: Int64 = 3_600_000_000_000

    /// The session of a key, made where there is none; nil where there is no room for it.
    mutating func session(for key: SessionKey, at now: Timestamp) -> Int? {
        let node = node(of: key.address)
        let isKnown = isNamed(key.address)
        let reason: SessionReason = sessions.count >= sessions.limits.sessions ? .tableFull : .addressLimit
        for index in sessions.victims(for: key.address, isKnown: isKnown, at: now) { forget(index, reason, at: now) }
        let session = Session(
            key: key, configuration: configuration.exporters[key.address], defaultSamplingRate: configuration.defaultSamplingRate, node: node, at: now
        )
        guard let index = sessions.add(session, isKnown: isKnown) else {
            tallies.refusedSessions[sessions.count >= sessions.limits.sessions ? .tableFull : .addressLimit, default: 0] += 1
            return nil
        }
        if let state = saved.removeValue(forKey: key) {
            sessions.allow(index)
            sessions[index].decoder.load(state.templates)
            sessions[index].exporter.load(state.exporter)
            sessions[index].exporter.learn(sessions[index].decoder.templateFacts, at: now)
            sessions[index].standing = sessions[index].exporter.standing
            sessions.settle(index)
        }
        return index
    }

    /// Ends a session: what waits in it counts as it is, its templates are gone, what was counted stays with its exporter.
    mutating func close(_ key: SessionKey, at now: Timestamp) {
        guard let index = sessions.index(of: key) else { return }
        finish(index, at: now)
        ended.add(sessions[index].exporter.status(), isExporting: sessions[index].hasFlows)
        sessions.remove(index)
    }

    private mutating func forget(_ index: Int, _ reason: SessionReason, at now: Timestamp) {
        tallies.forgottenSessions[reason, default: 0] += 1
        close(sessions[index].key, at: now)
    }

    /// Counts what waits in a session, as it is.
    private mutating func finish(_ index: Int, at now: Timestamp) {
        batch.removeAll()
        sessions[index].exporter.release(now: now.advanced(by: Self.farAhead), into: &batch)
        sessions[index].exporter.noteMissingTemplates(sessions[index].decoder.expire(at: now.advanced(by: Self.farAhead)))
        if !batch.flows.isEmpty { countBatch(session: index, at: now) }
        sessions.settle(index)
    }

    /// The node that an address exports for.
    func node(of address: IPAddress) -> NodeIndex? {
        if let name = configuration.exporters[address]?.node { return view.identity.node(named: name) }
        // A Weir of one node hears its own exporters, also by an address that nobody has named.
        return view.identity.lookup(address).node ?? view.ownNode
    }

    /// Takes up who is who among the exporters.
    mutating func nameSessions() {
        namingIsDue = false
        for index in sessions.indices where sessions[index].isInUse {
            let node = node(of: sessions[index].key.address)
            if node != sessions[index].node { sessions[index].leaveVantage() }
            sessions[index].node = node
            sessions[index].isNoted = false
        }
        for index in held.indices { held[index].origin.node = node(of: held[index].origin.exporter) }
        for index in ownerless.indices { ownerless[index].origin.node = node(of: ownerless[index].origin.exporter) }
        let (identity, exporters) = (view.identity, configuration.exporters)
        sessions.setKnown { exporters[$0] != nil || identity.lookup($0).node != nil }
    }

    /// Whether the configuration or the identity table names an address.
    private func isNamed(_ address: IPAddress) -> Bool { configuration.exporters[address] != nil || view.identity.lookup(address).node != nil }

    // MARK: By time

    /// What time brings without traffic: rates that did not come, data whose template did not, records that waited long enough. Visits only sessions in
    /// which something waits.
    mutating func tick(at now: Timestamp) {
        refresh()
        if namingIsDue { nameSessions() }
        for index in sessions.waitingSessions {
            batch.removeAll()
            sessions[index].exporter.noteMissingTemplates(sessions[index].decoder.expire(at: now))
            sessions[index].exporter.release(now: now, into: &batch)
            if !batch.flows.isEmpty { countBatch(session: index, at: now) }
            sessions.settle(index)
        }
        sessions.reviewWaiting()
        for index in sessions.idleVictims(at: now) { forget(index, .memory, at: now) }
        retryOwnerless(at: now, isLast: false)
        retryHeld(at: now, isLast: false)
        guard now.ends(wait: 60_000_000_000, since: interfacesReviewed) else { return }
        interfacesReviewed = now
        // One for which there was no room among its node's vantage points asks again.
        for index in sessions.indices where sessions[index].vantage == .surplus { sessions[index].leaveVantage() }
        interfaces.retire(before: now.advanced(by: -Self.interfaceMemory))
    }

    /// Counts all that still waits, as it is.
    mutating func drain(at now: Timestamp) {
        for index in sessions.waitingSessions { finish(index, at: now) }
        sessions.reviewWaiting()
        retryOwnerless(at: now, isLast: true)
        retryHeld(at: now, isLast: true)
    }

    // MARK: What all shards decide

    /// Takes up another configuration of exporters.
    mutating func reconfigure(_ configuration: ShardConfiguration) {
        refresh()
        self.configuration = configuration
        for index in sessions.indices where sessions[index].isInUse {
            let exporter = configuration.exporters[sessions[index].key.address]
            sessions[index].exporter.reconfigure(exporter, defaultSamplingRate: configuration.defaultSamplingRate)
            sessions[index].standing = sessions[index].exporter.standing
        }
        nameSessions()
    }

    /// Hands what other sessions of an address have shown it to be to all of its sessions.
    mutating func adoptProfiles(_ profiles: [IPAddress: ExporterProfile]) {
        for index in sessions.indices where sessions[index].isInUse {
            guard let profile = profiles[sessions[index].key.address] else { continue }
            sessions[index].exporter.adoptProfile(profile)
            sessions.settle(index)
        }
    }

    /// What addresses have shown themselves to be, where that is more than `standard`.
    func detectedProfiles() -> [(IPAddress, ExporterProfile)] {
        sessions.indices.compactMap { index in
            let profile = sessions[index].exporter.detectedProfile
            return profile == .standard ? nil : (sessions[index].key.address, profile)
        } + ended.detectedProfiles
    }

    /// Nodes of sessions that were heard since `moment`.
    mutating func exportingNodes(since moment: Timestamp) -> [NodeIndex] {
        refresh()
        let exporting = sessions.indices.compactMap { index -> NodeIndex? in
            sessions[index].isInUse && sessions[index].hasFlows && sessions[index].lastSeen >= moment ? sessions[index].node : nil
        }
        // An exporter whose session has ended is expected back.
        return exporting + ended.exporting(since: moment).compactMap { node(of: $0) }
    }

    /// What stands for the exporters that were heard since `moment`, whatever they sent.
    func heardExporters(since moment: Timestamp) -> [ExporterNumber] {
        sessions.indices.compactMap { index in
            sessions[index].isInUse && sessions[index].number != .rest && sessions[index].lastSeen >= moment ? sessions[index].number : nil
        }
    }

    /// Statuses of the sessions in some of the places.
    func statuses(in places: Range<Int>) -> [SessionStatus] {
        places.clamped(to: sessions.indices).compactMap { sessions[$0].isInUse ? sessions[$0].exporter.status() : nil }
    }

    /// The interface names that sessions have told, with their addresses.
    func interfaceNaming() -> [(IPAddress, ExporterSession.InterfaceNaming)] {
        sessions.indices.compactMap { index in sessions[index].exporter.interfaceNaming.map { (sessions[index].key.address, $0) } }
    }

    /// Up to `limit` of the sessions that have something new to keep over a restart; each is given out once for a change.
    mutating func takeChangedSessions(limit: Int) -> [HeldSessionState] {
        sessions.takeChanged(limit: limit).compactMap { index in
            let session = sessions[index]
            // What never brought a record is forged too easily to be kept.
            // Templates of a TCP connection end with it.
            guard session.key.connection == 0, session.decoder.templateCount > 0, session.hasRecords || sessions.standing(of: index) == .known else {
                return nil
            }
            return HeldSessionState(
                key: session.key, lastHeard: session.lastSeen.nanoseconds / 3_600_000_000_000 * 3600,
                isKnown: sessions.standing(of: index) == .known, isEstablished: session.isEstablished, templates: session.decoder.heldTemplates,
                exporter: session.exporter.held)
        }
    }
}
