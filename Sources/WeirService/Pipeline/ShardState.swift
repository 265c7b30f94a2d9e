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
    // Between which ends the flows of the batch count.
    private var ends: [PairOfEnds] = []
    // Whose the flows' addresses are.
    private var entries: [Entries] = []
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

    private struct Entries: BitwiseCopyable {
        var source: EndpointEntry
        var destination: EndpointEntry
    }

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
        let (hasRecords, refused) = unsafe sessions[index].receive(payload, at: now, into: &batch)
        sessions.noteHeard(index, hasRecords: hasRecords, at: now)
        sessions.settle(index)
        if let refused { tallies.note(refused) }
        if !batch.interfaceCounters.isEmpty {
            let isNew = sessions.standing(of: index) == .new
            for counters in batch.interfaceCounters { interfaces.take(counters, from: key.address, isNew: isNew, at: now) }
        }
        countBatch(session: index, at: now)
    }

    // MARK: Counting

    /// Counts the flows of the batch, which are all of one session: looks up their ends, says of each between which it counts, then counts them all.
    mutating func countBatch(session index: Int, at now: Timestamp) {
        guard !batch.flows.isEmpty else { return }
        let (origin, believesNames, isNoted) = sessions[index].origin(of: batch.flows)
        if !isNoted, let node = origin.node { noteExporting(node, index) }
        // Out of the way of what attributing changes, so that no flow is copied.
        var flows: [Flow] = []
        swap(&flows, &batch.flows)
        var ends: [PairOfEnds] = []
        swap(&ends, &self.ends)
        if ends.count < flows.count { ends = [PairOfEnds](repeating: .none, count: flows.count) }
        let firstHeld = held.count
        lookUp(flows)
        var first = 0
        if believesNames {
            for names in batch.claimedNames {
                attribute(flows, first..<names.flow, to: &ends, origin, at: now)
                ends[names.flow] = attributeClaimed(flows[names.flow], names, entries[names.flow])
                first = names.flow + 1
            }
        }
        attribute(flows, first..<flows.count, to: &ends, origin, at: now)
        deltas.add(flows, ends)
        for position in flows.indices where heaviest.wants(flows[position]) {
            if let (source, destination) = ends[position].numbers {
                heaviest.offer(flows[position], source: source, destination: destination, exporter: origin.exporter)
            }
        }
        swap(&ends, &self.ends)
        swap(&flows, &batch.flows)
        if !learned.isEmpty || held.count > firstHeld { translate(heldFrom: firstHeld, at: now) }
    }

    /// A loop of its own, so that one look-up need not wait for the memory of the one before.
    private mutating func lookUp(_ flows: [Flow]) {
        if entries.count < flows.count { entries = [Entries](repeating: Entries(source: .world, destination: .world), count: flows.count) }
        let identity = view.identity
        let flows = flows.span
        var entries = entries.mutableSpan
        for position in flows.indices {
            let end = flows[position].end
            entries[position] = Entries(
                source: identity.lookup(flows[position].source, at: end), destination: identity.lookup(flows[position].destination, at: end))
        }
    }

    /// Says between which ends each of these flows counts; none where it is set aside, or waits.
    private mutating func attribute(_ flows: [Flow], _ positions: Range<Int>, to ends: inout [PairOfEnds], _ origin: FlowOrigin, at now: Timestamp) {
        let view = self.view
        let flows = flows.span
        var ends = ends.mutableSpan
        for position in positions { ends[position] = attribute(flows, position, origin, view, at: now) }
    }

    private mutating func noteExporting(_ node: NodeIndex, _ index: Int) {
        sessions[index].isNoted = true
        guard !view.exportingNodes.contains(node) else { return }
        shared.noteExporting(node, of: view.identity)
        // The rest of what may have changed is taken up with the next batch.
        view.exportingNodes.insert(node)
    }

    @inline(__always)
    private mutating func attribute(
        _ flows: Span<Flow>, _ position: Int, _ origin: FlowOrigin, _ view: SharedFacts.View, at now: Timestamp
    ) -> PairOfEnds {
        // Field by field: a flow that is passed on is copied, which only those that wait are worth.
        if flows[position].source.isUnspecified, flows[position].destination.isUnspecified {
            tallies.noteSetAside(.notIP)
            return .none
        }
        let (source, destination) = (entries[position].source, entries[position].destination)
        if configuration.deduplicates {
            if source.isServiceBackend || destination.isServiceBackend { learn(flows[position], source, destination, at: now) }
            if Vantage.awaitsTranslation(source: source, destination: destination) {
                return hold(flows[position], origin, until: now.advanced(by: Self.holdTime))
            }
            switch Self.decide(source, destination, flows[position].direction, origin, view, at: now) {
            case .counts: break
            case .setAside(let reason):
                tallies.noteSetAside(reason)
                return .none
            case .waits: return hold(flows[position], origin, until: view.settledAt)
            }
        }
        return note(flows[position].bytes, source, destination)
    }

    /// What becomes of a flow.
    private enum Verdict {
        case counts
        case setAside(SetAsideReason)
        /// For its home node to show that it exports.
        case waits
    }

    @inline(__always)
    private static func decide(
        _ source: EndpointEntry, _ destination: EndpointEntry, _ direction: Flow.Direction, _ origin: FlowOrigin, _ view: SharedFacts.View,
        at now: Timestamp
    ) -> Verdict {
        let vantage = Vantage(exporterNode: origin.node, reportsBothDirections: origin.reportsBothDirections)
        switch vantage.decide(source: source, destination: destination, direction: direction, exporting: view.exportingNodes) {
        case .setAside(let reason): return .setAside(reason)
        case .count:
            guard now < view.settledAt, origin.node != nil,
                vantage.mayHaveHomeElsewhere(source: source, destination: destination, exporting: view.exportingNodes)
            else { return .counts }
            return .waits
        }
    }

    @inline(__always)
    private mutating func note(_ bytes: UInt64, _ source: EndpointEntry, _ destination: EndpointEntry) -> PairOfEnds {
        tallies.attribute(bytes, .source, ShardTallies.Attribution(source.kind))
        tallies.attribute(bytes, .destination, ShardTallies.Attribution(destination.kind))
        return PairOfEnds(source: source.number, destination: destination.number)
    }

    /// Flows that have waited, and between which ends they count.
    private struct Settled {
        var flows: [Flow] = []
        var ends: [PairOfEnds] = []
    }

    /// Counts a flow that has waited, but for its pair's sums, which are counted for all of them together.
    private mutating func book(_ flow: Flow, _ ends: PairOfEnds, _ origin: FlowOrigin, with settled: inout Settled) {
        guard let (source, destination) = ends.numbers else { return }
        settled.flows.append(flow)
        settled.ends.append(ends)
        heaviest.offer(flow, source: source, destination: destination, exporter: origin.exporter)
    }

    /// Between which ends a flow counts whose exporter names its pods itself; an end that it leaves unnamed goes by its address.
    private mutating func attributeClaimed(_ flow: Flow, _ names: ClaimedNames, _ entries: Entries) -> PairOfEnds {
        let knowsCluster = view.identity.knowsCluster
        func end(_ namespace: String, _ pod: String, _ entry: EndpointEntry, _ side: ShardTallies.Side) -> EndpointNumber {
            if !pod.isEmpty, let number = claimed.number(namespace: namespace, pod: pod, mustBeKnown: knowsCluster) {
                tallies.attribute(flow.bytes, side, .exporter)
                return number
            }
            tallies.attribute(flow.bytes, side, ShardTallies.Attribution(entry.kind))
            return entry.number
        }
        let source = end(names.sourceNamespace, names.sourcePod, entries.source, .source)
        let destination = end(names.destinationNamespace, names.destinationPod, entries.destination, .destination)
        return PairOfEnds(source: source, destination: destination)
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

    /// Has a flow wait; where there is no room it counts as it is.
    private mutating func hold(_ flow: Flow, _ origin: FlowOrigin, until deadline: Timestamp) -> PairOfEnds {
        guard held.count < Self.maximumHeld else {
            tallies.holdOverflow += 1
            return attributeAtOnce(flow, origin)
        }
        held.append(HeldFlow(flow: flow, origin: origin, deadline: deadline))
        return .none
    }

    /// Between which ends a flow counts as it is, whether its home may be elsewhere or not.
    private mutating func attributeAtOnce(_ flow: Flow, _ origin: FlowOrigin) -> PairOfEnds {
        let source = view.identity.lookup(flow.source, at: flow.end)
        let destination = view.identity.lookup(flow.destination, at: flow.end)
        // By now there is nothing left to wait for.
        switch Self.decide(source, destination, flow.direction, origin, view, at: view.settledAt) {
        case .counts, .waits: return note(flow.bytes, source, destination)
        case .setAside(let reason):
            tallies.noteSetAside(reason)
            return .none
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
        settle(fresh, translated, at: now, isLast: false)
    }

    /// Tries what waits once more; what has waited long enough counts as it is.
    mutating func retryHeld(at now: Timestamp, isLast: Bool) {
        guard !held.isEmpty else { return }
        let waiting = held
        held.removeAll(keepingCapacity: true)
        let translated = shared.translations.withLock { translations in waiting.map { resolve($0.flow, in: translations, at: now) } }
        settle(waiting, translated, at: now, isLast: isLast)
    }

    /// The flow with its real ends; nil where a Service's backend is not known.
    private func resolve(_ flow: Flow, in translations: Translations, at now: Timestamp) -> Flow? {
        let source = TransportAddress(address: flow.source, port: flow.sourcePort, protocolNumber: flow.protocolNumber)
        let destination = TransportAddress(address: flow.destination, port: flow.destinationPort, protocolNumber: flow.protocolNumber)
        var flow = flow
        if view.identity.lookup(flow.destination, at: flow.end).kind == .service {
            guard let backend = translations.backend(of: destination, for: source, at: now, in: view.identity) else { return nil }
            flow.destination = backend.address
            flow.destinationPort = backend.port
        }
        if view.identity.lookup(flow.source, at: flow.end).kind == .service {
            guard let backend = translations.backend(of: source, for: destination, at: now, in: view.identity) else { return nil }
            flow.source = backend.address
            flow.sourcePort = backend.port
        }
        return flow
    }

    private mutating func settle(_ waiting: [HeldFlow], _ translated: [Flow?], at now: Timestamp, isLast: Bool) {
        var settled = Settled()
        for (waiting, flow) in zip(waiting, translated) { settle(waiting, flow, at: now, isLast: isLast, with: &settled) }
        deltas.add(settled.flows, settled.ends)
    }

    private mutating func settle(_ waiting: HeldFlow, _ translated: Flow?, at now: Timestamp, isLast: Bool, with settled: inout Settled) {
        guard translated != nil || isLast || waiting.isDue(at: now) else {
            held.append(waiting)
            return
        }
        let flow = translated ?? waiting.flow
        guard !isLast else { return book(flow, attributeAtOnce(flow, waiting.origin), waiting.origin, with: &settled) }
        let source = view.identity.lookup(flow.source, at: flow.end)
        let destination = view.identity.lookup(flow.destination, at: flow.end)
        switch Self.decide(source, destination, flow.direction, waiting.origin, view, at: now) {
        case .counts: book(flow, note(flow.bytes, source, destination), waiting.origin, with: &settled)
        case .setAside(let reason): tallies.noteSetAside(reason)
        case .waits: book(flow, hold(flow, waiting.origin, until: view.settledAt), waiting.origin, with: &settled)
        }
    }
}
