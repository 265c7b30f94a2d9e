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
    let shared: SharedFacts
    var view: SharedFacts.View
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
    var entries: [Entries] = []
    var held: [HeldFlow] = []
    /// Flows whose ends may get an owner that is not known yet.
    var ownerless: [HeldFlow] = []
    /// Whether there is a table of owners that `ownerless` has not been held against.
    var ownersAreNew = false
    /// Whether another table may say otherwise which nodes sessions export for: the addresses of its nodes are the same, but an exporter may be a pod.
    var namingIsDue = false
    /// Until when it is known who owned which address; nothing waits for an owner while that is not to be expected.
    var ownersKnownUntil = Timestamp.distantFuture
    var expectsOwners: Bool { ownersKnownUntil != .distantFuture }
    /// Addresses that got no owner lately.
    var refused: RefusedAddresses
    var claimed: ClaimedEndpoints
    /// Where protocol or service port are exposed.
    var parts: DestinationParts?
    var learned: [LearnedTranslation] = []

    /// Counts by pair since they were last taken.
    var deltas: Deltas
    /// The heaviest flows since they were last taken.
    var heaviest = HeaviestFlowsBuffer()
    /// What rules judge of what was counted, since it was last taken; nil where there are no rules.
    var bookings: BookingBuffer?
    /// Packets between nodes since they were last taken.
    var nodeTraffic = NodeTrafficBuffer()
    /// Tallies that only grow.
    var tallies = ShardTallies()
    /// Interface counters, by exporter.
    var interfaces = InterfaceTotals()
    /// When silent interfaces were last looked for.
    var interfacesReviewed = Timestamp.unknown

    struct Entries: BitwiseCopyable {
        var source: EndpointEntry
        var destination: EndpointEntry
    }

    init(
        configuration: ShardConfiguration, shared: SharedFacts, registry: EndpointRegistry, families: Set<LedgerConfiguration.Family>,
        saved: [SessionKey: SavedSessionState], seed: UInt64, isWatched: Bool = false
    ) {
        self.configuration = configuration
        self.shared = shared
        self.saved = saved
        (view, generation) = shared.current()
        claimed = ClaimedEndpoints(registry: registry, labels: configuration.labels, limit: configuration.maximumClaimedNames)
        parts = DestinationParts(configuration.labels, registry: registry, limit: configuration.maximumClaimedNames, seed: seed)
        refused = RefusedAddresses(seed: seed)
        deltas = Deltas(families: families, seed: seed)
        bookings = isWatched ? BookingBuffer(seed: seed) : nil
    }

    /// Takes up what changed for all shards since the last batch.
    mutating func refresh() {
        ownersKnownUntil = configuration.ownerWait > 0 ? shared.ownersKnownUntil : .distantFuture
        guard !shared.isCurrent(generation) else { return }
        let identity = view.identity
        (view, generation) = shared.current()
        guard view.identity !== identity else { return }
        ownersAreNew = true
        if view.identity.hasSameNodes(as: identity) { namingIsDue = true } else { nameSessions() }
    }

    /// Decodes, normalises and counts one datagram.
    mutating func receive(_ payload: UnsafeRawBufferPointer, from key: SessionKey, at now: Timestamp) {
        if ownersAreNew { retryOwnerless(at: now, isLast: false) }
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
        if bookings != nil, sessions[index].number == .rest {
            sessions[index].number = shared.exporterNumbers.number(of: sessions[index].key.address)
        }
        var (origin, believesNames, isNoted) = sessions[index].origin(of: batch.flows)
        if !isNoted, let node = origin.node { noteExporting(node, index) }
        // Out of the way of what attributing changes, so that no flow is copied.
        var flows: [Flow] = []
        swap(&flows, &batch.flows)
        var ends: [PairOfEnds] = []
        swap(&ends, &self.ends)
        if ends.count < flows.count { ends = [PairOfEnds](repeating: .none, count: flows.count) }
        let firstHeld = held.count
        lookUp(flows, seenOn: origin.node)
        settleVantage(of: index, flows, &origin, at: now)
        settleMeasuring(of: index, &origin)
        var first = 0
        if believesNames {
            for names in batch.claimedNames {
                attribute(flows, first..<names.flow, to: &ends, origin, at: now)
                ends[names.flow] = attributeClaimed(flows[names.flow], names, entries[names.flow])
                first = names.flow + 1
            }
        }
        attribute(flows, first..<flows.count, to: &ends, origin, at: now)
        if parts == nil { deltas.add(flows, ends) } else { deltas.add(flows, divided(flows, ends)) }
        bookings?.add(flows, ends, exporter: origin.number, isSampled: origin.isSampled, now: now)
        for position in flows.indices where heaviest.wants(flows[position]) {
            if let (source, destination) = ends[position].numbers {
                heaviest.offer(flows[position], source: source, destination: destination, exporter: origin.exporter)
            }
        }
        swap(&ends, &self.ends)
        swap(&flows, &batch.flows)
        if !learned.isEmpty || held.count > firstHeld { translate(heldFrom: firstHeld, at: now) }
    }
}
