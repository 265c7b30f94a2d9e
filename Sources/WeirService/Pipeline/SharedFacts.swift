import FlowModel
import Identity
import Synchronization
import Windows

/// What all shards know together: who is at the ends, which nodes export and from which vantage point, and what Services were translated to lately.
///
/// A shard takes what it needs once a batch, never for a record.
package final class SharedFacts: Sendable {
    /// What a shard reads at the start of a batch.
    package struct View: Sendable {
        /// Names the ends.
        package var identity: IdentitySnapshot
        /// Nodes with an exporter that sent records lately.
        package var exportingNodes: NodeSet
        /// When exporters of all nodes have had the time to show themselves: until then a record that would count elsewhere waits.
        package var settledAt: Timestamp
        /// What the vantage points of the nodes count.
        package var roles = VantageRoles()
        /// The node whose exporters alone are heard (`collector.scope: node`), as far as the table knows it.
        package var ownNode: NodeIndex?
    }

    private let view: Mutex<View>
    private let generation = Atomic<UInt64>(1)
    private let ownersKnown = Atomic<Int64>(Timestamp.distantFuture.nanoseconds)
    /// Backends that answered for a Service, by the client's side of the connection.
    package let translations: Mutex<Translations>
    /// What stands for exporters in bookings.
    package let exporterNumbers = ExporterNumbers()
    /// The name of the node whose exporters alone are heard, where that is so: then every node is taken for one that exports, to a Weir of its own.
    package let ownNode: String?
    /// Whether there is such a node.
    package var hearsOneNode: Bool { ownNode != nil }
    private let election: Mutex<VantageElection>

    package init(
        identity: IdentitySnapshot, settledAt: Timestamp, ownNode: String? = nil, preference: VantagePreference = VantagePreference()
    ) {
        self.ownNode = ownNode
        var first = View(identity: identity, exportingNodes: ownNode == nil ? NodeSet() : .all, settledAt: settledAt)
        first.ownNode = ownNode.flatMap { identity.node(named: $0) }
        view = Mutex(first)
        translations = Mutex(Translations(seed: .random(in: .min ... .max)))
        election = Mutex(VantageElection(preference: preference))
    }

    /// The current view, and the number of its generation: a shard that holds this generation need not ask again.
    package func current() -> (view: View, generation: UInt64) {
        view.withLock { ($0, generation.load(ordering: .acquiring)) }
    }

    /// Whether `generation` is still the current one.
    package func isCurrent(_ generation: UInt64) -> Bool {
        self.generation.load(ordering: .acquiring) == generation
    }

    /// Until when it is known who owned which address: of what happened since, word may be on its way. `.distantFuture`: no word is waited for.
    package var ownersKnownUntil: Timestamp {
        get { Timestamp(nanoseconds: ownersKnown.load(ordering: .acquiring)) }
        set { ownersKnown.store(newValue.nanoseconds, ordering: .releasing) }
    }

    /// Publishes an identity table, and gives back the one it replaces. Node indexes of another table mean other nodes: the exporting ones keep their names.
    package func publish(_ identity: IdentitySnapshot) -> IdentitySnapshot {
        change { view in
            let old = view.identity
            view.identity = identity
            if let ownNode {
                view.ownNode = identity.node(named: ownNode)
            } else if !identity.hasSameNodes(as: old) {
                view.exportingNodes = identity.nodes(named: old.names(of: view.exportingNodes))
            }
            return old
        }
    }

    /// Says that a node of an identity table exports; nothing, where that table is not the current one.
    package func noteExporting(_ node: NodeIndex, of identity: IdentitySnapshot) {
        change { if $0.identity === identity { $0.exportingNodes.insert(node) } }
    }

    /// Brings the time until which records wait for exporters to show themselves to at most `limit`: a clock that is set back must not put it off.
    package func settle(by limit: Timestamp) {
        if view.withLock({ $0.settledAt > limit }) { change { $0.settledAt = min($0.settledAt, limit) } }
    }

    /// Says which nodes export; those that fell silent are left out.
    package func setExporting(_ nodes: NodeSet) {
        guard ownNode == nil else { return }
        let differs = view.withLock { $0.exportingNodes != nodes }
        if differs { change { $0.exportingNodes = nodes } }
    }

    // MARK: Vantage points

    /// What the vantage points count at present.
    package var roles: VantageRoles { view.withLock { $0.roles } }

    /// Takes in that a session reports these parts of a node's packets: see `VantageElection.claim`.
    package func claim(
        _ parts: Vantage.Part, of node: String, by point: VantagePoint, domains: [UInt32], number: VantageNumber, at now: Timestamp
    ) -> VantageNumber {
        decide { $0.claim(parts, of: node, by: point, domains: domains, number: number, at: now) }
    }

    /// Takes in what watched vantage points have reported, and decides which of them count.
    package func review(_ evidence: [VantageNumber: VantageEvidence], heard: [VantageNumber: Timestamp], at now: Timestamp) {
        let identity = current().view.identity
        decide { election in
            election.review(evidence, heard: heard, at: now)
            election.clean(at: now) { identity.node(named: $0) != nil }
        }
    }

    /// The vantage points of the nodes that have several.
    package var contenders: [VantageElection.Contender] { election.withLock { $0.contenders } }

    /// Goes by other preferences from now on.
    package func prefer(_ preference: VantagePreference) {
        election.withLock { $0.prefer(preference) }
    }

    private func decide<Result: Sendable>(_ body: (inout VantageElection) -> Result) -> Result {
        election.withLock { election in
            let result = body(&election)
            let roles = election.roles
            if view.withLock({ $0.roles != roles }) { change { $0.roles = roles } }
            return result
        }
    }

    private func change<Result: Sendable>(_ body: (inout View) -> Result) -> Result {
        view.withLock { view in
            let result = body(&view)
            generation.wrappingAdd(1, ordering: .acquiringAndReleasing)
            return result
        }
    }
}
