import Exporters
import FlowModel
import Identity
import Ledger
import Windows

/// The line from datagram to totals, without sockets, threads or clocks: what the service runs live and `decode --output metrics` over a capture.
struct Pipeline: Sendable {
    /// How long after its start all exporting nodes may take to show themselves: an active timeout. Until then a record that would count elsewhere waits.
    static let settlingTime: Int64 = 60_000_000_000

    let registry: EndpointRegistry
    let shared: SharedFacts
    let totals: Totals
    /// What was seen at both ends of the way between two nodes.
    let nodeTraffic: NodeTraffic
    /// What flowed when, for rules to judge; nil where nothing is judged.
    let recent: RecentPast?

    /// A pipeline that has counted nothing.
    ///
    /// - Parameters:
    ///   - threads: shards.
    ///   - saved: sessions of an earlier run; every shard gets all, since the kernel decides which one an exporter comes to.
    ///   - start: when it starts, in the time of its datagrams.
    ///   - watching: bounds of what is kept for rules to judge, and since when it is told of, where that is before `start`; nil: nothing is.
    ///   - seed: of the tables; one that nobody can guess, but for a measurement that is to be repeated.
    init(
        configuration: WeirConfiguration, identity: IdentitySnapshot, registry: EndpointRegistry, threads: Int, saved: [SavedSessionState],
        start: Timestamp, watching: (limits: Windows.Limits, since: Timestamp?)? = nil, seed: UInt64 = .random(in: .min ... .max)
    ) {
        self.registry = registry
        let shared = SharedFacts(
            identity: identity, settledAt: start.advanced(by: Self.settlingTime),
            ownNode: configuration.collector.scope == .node ? configuration.collector.node : nil,
            preference: VantagePreference(configuration.exporters))
        self.shared = shared
        nodeTraffic = NodeTraffic(start: start)
        recent = watching.map {
            RecentPast(limits: $0.limits, labels: configuration.identity.labels, registry: registry, seed: seed, start: start, wholeSince: $0.since)
        }
        let byKey = Dictionary(saved.map { ($0.key, $0) }) { $1 }
        let demand = TakeOverDemand()
        let shards = (0..<threads).map { _ in
            Shard(
                ShardState(
                    configuration: ShardConfiguration(configuration), shared: shared, registry: registry, families: configuration.ledger.families,
                    saved: byKey, seed: seed, isWatched: watching != nil), demand: demand)
        }
        totals = Totals(shards: shards, demand: demand, configuration: configuration.ledger, registry: registry, seed: seed)
    }

    /// What is due each second: by the exporters' time and by the ledger's.
    func tick(now: Timestamp, monotonic: Int64) {
        shared.settle(by: now.advanced(by: Self.settlingTime))
        totals.tick(at: now)
        takeOver(now: now, monotonic: monotonic)
    }

    /// Takes over what the shards have counted.
    func takeOver(now: Timestamp, monotonic: Int64) {
        totals.takeOver(now: now, monotonic: monotonic)
        recent?.takeOver(totals.shards, shared.current().view.identity, now: now)
    }

    /// Takes the pairs of endpoints out that are gone.
    func retire(_ endpoints: Set<EndpointNumber>) {
        totals.retire(endpoints)
        recent?.forget(endpoints)
    }

    /// What is due every few seconds: which nodes export and from which vantage point, and what an address has shown itself to be in one session counts for its others.
    ///
    /// - Parameter receiveDrops: datagrams that the kernel has dropped so far.
    func review(now: Timestamp, receiveDrops: UInt64 = 0) {
        nodeTraffic.review(totals.shards, shared, receiveDrops: receiveDrops, at: now)
        var exporting = NodeSet()
        var detected: [(IPAddress, ExporterProfile)] = []
        var evidence: [VantageNumber: VantageEvidence] = [:]
        var heard: [VantageNumber: Timestamp] = [:]
        var present: [ExporterNumber] = []
        for shard in totals.shards {
            shard.state.withLock { shard in
                // A node that has been silent for ten minutes no longer exports.
                for node in shard.exportingNodes(since: now.advanced(by: -600_000_000_000)) { exporting.insert(node) }
                detected += shard.detectedProfiles()
                if recent != nil { present += shard.heardExporters(since: now.advanced(by: -2_000_000_000)) }
                shard.takeEvidence(into: &evidence, heard: &heard)
            }
        }
        recent?.note(heard: present, lost: [], now: now)
        shared.setExporting(exporting)
        shared.review(evidence, heard: heard, at: now)
        let profiles = ExporterInventory.profiles(detected)
        guard !profiles.isEmpty else { return }
        for shard in totals.shards { shard.state.withLock { $0.adoptProfiles(profiles) } }
    }
}
