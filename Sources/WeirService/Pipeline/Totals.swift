import Exporters
import FlowModel
import Identity
import Ledger
import Synchronization
import Windows

/// The one owner of the totals: takes over what the shards have counted, each second and before a scrape.
final class Totals: Sendable {
    private struct State: Sendable {
        var ledger: Ledger
        var heaviest = HeaviestFlows()
        /// What the shards count into next; empty. One more than there are shards would wait for nothing, one is enough since they are taken in turn.
        var spareDeltas: Deltas
        var spareHeaviest = HeaviestFlowsBuffer()
    }

    /// What all shards have tallied, and their sessions.
    struct Gathered: Sendable {
        var tallies = ShardTallies()
        var sessions: [SessionStatus] = []
        var interfaces: [InterfaceTotals] = []
    }

    let shards: [Shard]
    private let registry: EndpointRegistry
    private let state: Mutex<State>

    init(shards: [Shard], configuration: LedgerConfiguration, registry: EndpointRegistry, seed: UInt64) {
        self.shards = shards
        self.registry = registry
        state = Mutex(
            State(
                ledger: Ledger(configuration: configuration, registry: registry, seed: seed),
                spareDeltas: Deltas(families: configuration.families, seed: seed)))
    }

    /// Takes over what the shards have counted. A shard waits for two swaps only.
    ///
    /// - Parameters:
    ///   - now: wall time, for the heaviest flows.
    ///   - monotonic: nanoseconds of the clock that the ledger goes by.
    func takeOver(now: Timestamp, monotonic: Int64) {
        state.withLock { state in
            for shard in shards {
                shard.state.withLock { shard in
                    swap(&shard.deltas, &state.spareDeltas)
                    swap(&shard.heaviest, &state.spareHeaviest)
                }
                state.ledger.merge(state.spareDeltas, now: monotonic)
                state.heaviest.merge(state.spareHeaviest, registry: registry, now: now)
                state.spareDeltas.removeAll()
                state.spareHeaviest.removeAll()
            }
            state.ledger.advance(to: monotonic)
        }
    }

    /// Calls on every shard for what is due by time.
    func tick(at now: Timestamp) {
        for shard in shards { shard.state.withLock { $0.tick(at: now) } }
    }

    /// Counts all that still waits in the shards.
    func drain(at now: Timestamp) {
        for shard in shards { shard.state.withLock { $0.drain(at: now) } }
    }

    /// What the shards have tallied.
    func gather() -> Gathered {
        var gathered = Gathered()
        for shard in shards {
            shard.state.withLock { shard in
                gathered.tallies.add(shard.tallies)
                gathered.sessions += shard.sessions.map { $0.exporter.status() } + shard.ended.statuses
                gathered.interfaces.append(shard.interfaces)
            }
        }
        return gathered
    }

    /// Looks at the ledger; the lock is held meanwhile, so only for a portion of it.
    func withLedger<Result: Sendable>(_ body: (borrowing Ledger) -> Result) -> Result {
        state.withLock { body($0.ledger) }
    }

    /// Goes by other bounds from now on.
    func reconfigure(_ configuration: LedgerConfiguration) {
        state.withLock { $0.ledger.reconfigure(configuration) }
    }

    /// Takes the pairs of endpoints out that are gone.
    func retire(_ endpoints: Set<EndpointNumber>) {
        state.withLock { $0.ledger.retire { endpoints.contains($0) } }
    }

    /// The heaviest flows of a time.
    func heaviestFlows(from: Timestamp, to: Timestamp, limit: Int, matching matches: (HeaviestFlows.NamedFlow) -> Bool) -> [HeaviestFlows.NamedFlow] {
        // A copy of the ring shares its memory; the lock is not held while it is searched.
        state.withLock { $0.heaviest }.flows(from: from, to: to, limit: limit, matching: matches)
    }
}
