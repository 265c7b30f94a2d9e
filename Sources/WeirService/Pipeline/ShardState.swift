import Exporters
import FlowModel
import FlowProtocols
import Identity
import Ledger
import Windows

/// What one receive thread owns: its sessions, their templates, and the counts since the owner of the totals last took them.
///
/// A value without clocks and sockets: datagrams and times are passed in, so that a capture runs through it as live traffic does.
struct ShardState {
    /// Records that wait for a Service's backend, or for a node to show that it exports, at most.
    static let maximumHeld = 16_384
    /// How long such a record waits, nanoseconds. The reply's record comes with the request's (`shared/captures/nat`: within 1 ms), and where a cache
    /// expires flow by flow within its scan interval.
    static let holdTime: Int64 = 5_000_000_000

    /// What names an exporter and what the configuration says of it; changes at reload.
    var configuration: ShardConfiguration
    private let shared: SharedFacts
    private(set) var view: SharedFacts.View
    private var generation: UInt64

    var sessions = SessionTable()
    /// Sessions that have ended or were forgotten.
    var ended = EndedSessions()
    /// Sessions of an earlier run, taken up when their exporter sends again.
    var saved: [SessionKey: SavedSessionState]

    var batch = FlowBatch()
    var held: [HeldFlow] = []
    private var claimed: ClaimedEndpoints
    private var learned: [LearnedTranslation] = []

    /// Counts by pair since they were last taken.
    var deltas: Deltas
    /// The heaviest flows since they were last taken.
    var heaviest = HeaviestFlowsBuffer()
    /// Tallies that only grow.
    var tallies = ShardTallies()
    /// Interface counters, by exporter.
    var interfaces = InterfaceTotals()
    /// When silent interfaces were last looked for.
    var interfacesReviewed = Timestamp.unknown

    init(
        configuration: ShardConfiguration, shared: SharedFacts, registry: EndpointRegistry, families: Set<LedgerConfiguration.Family>,
        saved: [SessionKey: SavedSessionState], seed: UInt64
    ) {
        self.configuration = configuration
        self.shared = shared
        self.saved = saved
        (view, generation) = shared.current()
        claimed = ClaimedEndpoints(registry: registry, limit: configuration.maximumClaimedNames)
        deltas = Deltas(families: families, seed: seed)
    }

    /// Takes up what changed for all shards since the last batch.
    mutating func refresh() {
        guard !shared.isCurrent(generation) else { return }
        let identity = view.identity
        (view, generation) = shared.current()
        guard view.identity !== identity else { return }
        nameSessions()
    }

    /// Decodes, normalises and counts one datagram.
    mutating func receive(_ payload: UnsafeRawBufferPointer, from key: SessionKey, at now: Timestamp) {
        // Anybody can send an octet: a session is made only for what looks like an export.
        var known = sessions.index(of: key)
        if known == nil {
            guard unsafe SessionDecoder.isExport(payload) else {
                tallies.notExports += 1
                return
            }
            known = session(for: key, at: now)
        }
        guard let index = known else { return }
        batch.removeAll()
        sessions.allow(index)
        let summary = unsafe sessions[index].decoder.decode(payload, receivedAt: now, into: &batch)
        sessions[index].standing = sessions[index].exporter.normalise(&batch, summary: summary, receivedAt: now)
        sessions.noteHeard(index, hasRecords: summary.records > 0 || !batch.interfaceCounters.isEmpty, at: now)
        sessions.settle(index)
        if let refused = sessions[index].exporter.takeRefused() { tallies.note(refused) }
        if !batch.interfaceCounters.isEmpty {
            let isNew = sessions.standing(of: index) == .new
            for counters in batch.interfaceCounters { interfaces.take(counters, from: key.address, isNew: isNew, at: now) }
        }
        countBatch(session: index, at: now)
    }

    // MARK: Counting

    /// Counts the flows of the batch, which are all of one session.
    mutating func countBatch(session index: Int, at now: Timestamp) {
        noteExporting(index)
        if !sessions[index].hasSentEgress { sessions[index].hasSentEgress = batch.flows.contains { $0.direction == .egress } }
        let standing = sessions[index].standing
        let origin = FlowOrigin(
            exporter: sessions[index].key.address, node: sessions[index].node,
            reportsBothDirections: standing.reportsBothDirections && sessions[index].hasSentEgress)
        let firstHeld = held.count
        let believesNames = standing.believesClaimedNames && !batch.claimedNames.isEmpty
        var nextName = 0
        // Out of the way of what counting changes, so that no flow is copied.
        var flows: [Flow] = []
        swap(&flows, &batch.flows)
        for position in flows.indices {
            if believesNames, nextName < batch.claimedNames.count, batch.claimedNames[nextName].flow == position {
                countClaimed(flows[position], batch.claimedNames[nextName], origin)
                nextName += 1
            } else {
                count(flows[position], origin, at: now)
            }
        }
        swap(&flows, &batch.flows)
        if !learned.isEmpty || held.count > firstHeld { translate(heldFrom: firstHeld, at: now) }
    }

    private mutating func noteExporting(_ index: Int) {
        guard !sessions[index].isNoted, !batch.flows.isEmpty, let node = sessions[index].node else { return }
        sessions[index].isNoted = true
        guard !view.exportingNodes.contains(node) else { return }
        shared.noteExporting(node)
        (view, generation) = shared.current()
    }

    @inline(__always)
    private mutating func count(_ flow: borrowing Flow, _ origin: FlowOrigin, at now: Timestamp) {
        if flow.source.isUnspecified, flow.destination.isUnspecified { return tallies.noteSetAside(.notIP) }
        let source = view.identity.lookup(flow.source)
        let destination = view.identity.lookup(flow.destination)
        guard configuration.deduplicates else {
            book(flow, source, destination, origin)
            return
        }
        if source.isServiceBackend || destination.isServiceBackend { learn(copy flow, source, destination, at: now) }
        if Vantage.awaitsTranslation(source: source, destination: destination) {
            hold(copy flow, origin, until: now.advanced(by: Self.holdTime))
            return
        }
        decide(flow, source, destination, origin, at: now)
    }

    @inline(__always)
    private mutating func decide(
        _ flow: borrowing Flow, _ source: EndpointEntry, _ destination: EndpointEntry, _ origin: FlowOrigin, at now: Timestamp
    ) {
        let vantage = Vantage(exporterNode: origin.node, reportsBothDirections: origin.reportsBothDirections)
        switch vantage.decide(source: source, destination: destination, direction: flow.direction, exporting: view.exportingNodes) {
        case .count:
            if now < view.settledAt, origin.node != nil,
                vantage.mayHaveHomeElsewhere(source: source, destination: destination, exporting: view.exportingNodes)
            {
                hold(copy flow, origin, until: view.settledAt)
            } else {
                book(flow, source, destination, origin)
            }
        case .setAside(let reason): tallies.noteSetAside(reason)
        }
    }

    @inline(__always)
    private mutating func book(_ flow: borrowing Flow, _ source: EndpointEntry, _ destination: EndpointEntry, _ origin: FlowOrigin) {
        tallies.attribute(flow.bytes, .source, ShardTallies.Attribution(source.kind))
        tallies.attribute(flow.bytes, .destination, ShardTallies.Attribution(destination.kind))
        deltas.add(flow, source: source.number, destination: destination.number)
        heaviest.offer(flow, source: source.number, destination: destination.number, exporter: origin.exporter)
    }

    /// Counts a flow whose exporter names its pods itself; an end that it leaves unnamed goes by its address.
    private mutating func countClaimed(_ flow: Flow, _ names: ClaimedNames, _ origin: FlowOrigin) {
        let knowsCluster = view.identity.knowsCluster
        func end(_ namespace: String, _ pod: String, _ address: IPAddress, _ side: ShardTallies.Side) -> EndpointNumber {
            if !pod.isEmpty, let number = claimed.number(namespace: namespace, pod: pod, mustBeKnown: knowsCluster) {
                tallies.attribute(flow.bytes, side, .exporter)
                return number
            }
            let entry = view.identity.lookup(address)
            tallies.attribute(flow.bytes, side, ShardTallies.Attribution(entry.kind))
            return entry.number
        }
        let source = end(names.sourceNamespace, names.sourcePod, flow.source, .source)
        let destination = end(names.destinationNamespace, names.destinationPod, flow.destination, .destination)
        deltas.add(flow, source: source, destination: destination)
        heaviest.offer(flow, source: source, destination: destination, exporter: origin.exporter)
    }

    // MARK: Services and what waits

    private struct LearnedTranslation {
        var client: TransportAddress
        var backend: TransportAddress
    }

    private mutating func learn(_ flow: Flow, _ source: EndpointEntry, _ destination: EndpointEntry, at now: Timestamp) {
        guard !Vantage.awaitsTranslation(source: source, destination: destination) else { return }
        let from = TransportAddress(address: flow.source, port: flow.sourcePort, protocolNumber: flow.protocolNumber)
        let to = TransportAddress(address: flow.destination, port: flow.destinationPort, protocolNumber: flow.protocolNumber)
        if source.isServiceBackend, view.identity.isBackend(from) { learned.append(LearnedTranslation(client: to, backend: from)) }
        if destination.isServiceBackend, view.identity.isBackend(to) { learned.append(LearnedTranslation(client: from, backend: to)) }
    }

    private mutating func hold(_ flow: Flow, _ origin: FlowOrigin, until deadline: Timestamp) {
        if held.count >= Self.maximumHeld {
            tallies.holdOverflow += 1
            countAtOnce(flow, origin)
            return
        }
        held.append(HeldFlow(flow: flow, origin: origin, deadline: deadline))
    }

    /// Counts a flow as it is, whether its home may be elsewhere or not.
    @inline(never)
    private mutating func countAtOnce(_ flow: Flow, _ origin: FlowOrigin) {
        let source = view.identity.lookup(flow.source)
        let destination = view.identity.lookup(flow.destination)
        let vantage = Vantage(exporterNode: origin.node, reportsBothDirections: origin.reportsBothDirections)
        switch vantage.decide(source: source, destination: destination, direction: flow.direction, exporting: view.exportingNodes) {
        case .count: book(flow, source, destination, origin)
        case .setAside(let reason): tallies.noteSetAside(reason)
        }
    }

    /// Hands on what was learned, and tries the flows that came to wait in this batch: the table's lock is taken once.
    private mutating func translate(heldFrom first: Int, at now: Timestamp) {
        let fresh = Array(held[first...])
        held.removeSubrange(first...)
        let translated = shared.translations.withLock { translations in
            for translation in learned { translations.learn(client: translation.client, backend: translation.backend, at: now) }
            return fresh.map { resolve($0.flow, in: translations, at: now) }
        }
        learned.removeAll(keepingCapacity: true)
        for (waiting, flow) in zip(fresh, translated) { settle(waiting, flow, at: now, isLast: false) }
    }

    /// Tries what waits once more; what has waited long enough counts as it is.
    mutating func retryHeld(at now: Timestamp, isLast: Bool) {
        guard !held.isEmpty else { return }
        let waiting = held
        held.removeAll(keepingCapacity: true)
        let translated = shared.translations.withLock { translations in waiting.map { resolve($0.flow, in: translations, at: now) } }
        for (waiting, flow) in zip(waiting, translated) { settle(waiting, flow, at: now, isLast: isLast) }
    }

    /// The flow with its real ends; nil where a Service's backend is not known.
    private func resolve(_ flow: Flow, in translations: Translations, at now: Timestamp) -> Flow? {
        let source = TransportAddress(address: flow.source, port: flow.sourcePort, protocolNumber: flow.protocolNumber)
        let destination = TransportAddress(address: flow.destination, port: flow.destinationPort, protocolNumber: flow.protocolNumber)
        var flow = flow
        if view.identity.lookup(flow.destination).kind == .service {
            guard let backend = translations.backend(of: destination, for: source, at: now, in: view.identity) else { return nil }
            flow.destination = backend.address
            flow.destinationPort = backend.port
        }
        if view.identity.lookup(flow.source).kind == .service {
            guard let backend = translations.backend(of: source, for: destination, at: now, in: view.identity) else { return nil }
            flow.source = backend.address
            flow.sourcePort = backend.port
        }
        return flow
    }

    private mutating func settle(_ waiting: HeldFlow, _ translated: Flow?, at now: Timestamp, isLast: Bool) {
        guard translated != nil || isLast || waiting.isDue(at: now) else {
            held.append(waiting)
            return
        }
        let flow = translated ?? waiting.flow
        guard !isLast else { return countAtOnce(flow, waiting.origin) }
        decide(flow, view.identity.lookup(flow.source), view.identity.lookup(flow.destination), waiting.origin, at: now)
    }
}
