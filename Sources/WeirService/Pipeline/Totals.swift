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
        /// Sessions that are open, and what they hold.
        var openSessions = 0
        var held = HeldSums()
        var interfaces = 0
        var refusedInterfacesOfExporter: UInt64 = 0
        var refusedInterfaces: UInt64 = 0
    }

    let shards: [Shard]
    /// Raised when a shard can't wait for the owner's second.
    let demand: TakeOverDemand
    /// What the last scrape showed of exporters, so that no counter goes back.
    let exposed = Mutex(ExposedExporters())
    private let registry: EndpointRegistry
    private let state: Mutex<State>

    init(shards: [Shard], demand: TakeOverDemand, configuration: LedgerConfiguration, registry: EndpointRegistry, seed: UInt64) {
        self.shards = shards
        self.demand = demand
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
        demand.lower()
        state.withLock { state in
            for shard in shards {
                let left = shard.state.withLock { shard in
                    swap(&shard.deltas, &state.spareDeltas)
                    swap(&shard.heaviest, &state.spareHeaviest)
                    return shard.parts?.beginTurn() ?? []
                }
                for number in left { registry.release(number) }
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

    /// Sessions whose status is taken while a shard waits.
    private static let sessionsAtOnce = 128

    /// What the shards have tallied. A shard waits for a portion of its sessions at a time.
    func gather() -> Gathered {
        var gathered = Gathered()
        for shard in shards {
            gathered.sessions += sessions(of: shard)
            shard.state.withLock { shard in
                gathered.tallies.add(shard.tallies)
                gathered.openSessions += shard.sessions.count
                gathered.held.add(shard.sessions.held)
                gathered.interfaces += shard.interfaces.count
                gathered.refusedInterfacesOfExporter &+= shard.interfaces.refusedOfExporter
                gathered.refusedInterfaces &+= shard.interfaces.refusedInAll
            }
        }
        return gathered
    }

    /// Sessions that have ended and those that are open, each once: where one ends meanwhile, they are taken anew, and in the end all at once.
    private func sessions(of shard: Shard) -> [SessionStatus] {
        for _ in 0..<2 {
            let (ended, added, places) = shard.state.withLock { ($0.ended.statuses, $0.ended.added, $0.sessions.indices) }
            var statuses = ended
            var isWhole = true
            for first in stride(from: 0, to: places.count, by: Self.sessionsAtOnce) where isWhole {
                statuses += shard.state.withLock { shard in
                    isWhole = shard.ended.added == added
                    return shard.statuses(in: first..<first + Self.sessionsAtOnce)
                }
            }
            if isWhole { return statuses }
        }
        return shard.state.withLock { $0.ended.statuses + $0.statuses(in: $0.sessions.indices) }
    }

    /// When exporters of an earlier run that have not been heard in this one were last heard, seconds since 1970 to the hour; those that were no passers-by.
    func unheardExporters() -> [IPAddress: Int64] {
        var heard: Set<IPAddress> = []
        var saved: [IPAddress: Int64] = [:]
        for shard in shards {
            shard.state.withLock { shard in
                for session in shard.saved.values where session.isKnown == true || session.isEstablished == true {
                    saved[session.key.address] = max(saved[session.key.address] ?? 0, session.lastHeard)
                }
                for index in shard.sessions.indices where shard.sessions[index].isInUse { heard.insert(shard.sessions[index].key.address) }
            }
        }
        return saved.filter { !heard.contains($0.key) }
    }

    /// Sessions with something new to keep over a restart, since the last call. A shard waits for a portion of them at a time.
    func takeChangedSessions() -> [SavedSessionState] {
        var changed: [SavedSessionState] = []
        for shard in shards {
            while true {
                let portion = shard.state.withLock { shard in
                    (sessions: shard.takeChangedSessions(limit: Self.sessionsAtOnce), isLast: !shard.sessions.hasChanged)
                }
                changed += portion.sessions.map { $0.saved() }
                if portion.isLast { break }
            }
        }
        return changed
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
        let endpoints = registry.withParts(endpoints)
        state.withLock { $0.ledger.retire { endpoints.contains($0) } }
    }

    /// The heaviest flows of a time.
    func heaviestFlows(from: Timestamp, to: Timestamp, limit: Int, matching matches: (HeaviestFlows.NamedFlow) -> Bool) -> [HeaviestFlows.NamedFlow] {
        // A copy of the ring shares its memory; the lock is not held while it is searched.
        state.withLock { $0.heaviest }.flows(from: from, to: to, limit: limit, matching: matches)
    }
}
