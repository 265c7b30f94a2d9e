import FlowModel
import Identity
import Synchronization

/// What all shards know together: who is at the ends, which nodes export, and what Services were translated to lately.
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
    }

    private let view: Mutex<View>
    private let generation = Atomic<UInt64>(1)
    private let ownersKnown = Atomic<Int64>(Timestamp.distantFuture.nanoseconds)
    /// Backends that answered for a Service, by the client's side of the connection.
    package let translations: Mutex<Translations>

    package init(identity: IdentitySnapshot, settledAt: Timestamp) {
        view = Mutex(View(identity: identity, exportingNodes: NodeSet(), settledAt: settledAt))
        translations = Mutex(Translations(seed: .random(in: .min ... .max)))
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
            view.exportingNodes = identity.nodes(named: old.names(of: view.exportingNodes))
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
        let differs = view.withLock { $0.exportingNodes != nodes }
        if differs { change { $0.exportingNodes = nodes } }
    }

    private func change<Result: Sendable>(_ body: (inout View) -> Result) -> Result {
        view.withLock { view in
            let result = body(&view)
            generation.wrappingAdd(1, ordering: .acquiringAndReleasing)
            return result
        }
    }
}
