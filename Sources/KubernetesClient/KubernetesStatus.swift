import FlowModel

/// How well the cluster is known.
package struct KubernetesStatus: Sendable, Equatable {
    /// Of each collection that is watched; of several namespaces, each on its own.
    package var watches: [WatchStatus]

    /// A status of these.
    package init(watches: [WatchStatus]) {
        self.watches = watches
    }

    /// Whether everything that may be listed has been listed whole: what is refused is not waited for.
    package var isSynced: Bool {
        watches.allSatisfy { $0.isListed || $0.refusal != nil }
    }

    /// Whether everything that was listed is being watched, so that what is known is what is, but for what is on its way.
    package var isCurrent: Bool {
        isSynced && watches.allSatisfy { $0.isCurrent || $0.refusal != nil }
    }

    /// The resources that are watched, in the order of `Resource`.
    package var resources: [Resource] {
        Resource.allCases.filter { resource in watches.contains { $0.scope.resource == resource } }
    }

    /// Objects of a resource that are there.
    package func objects(of resource: Resource) -> Int {
        watches.reduce(0) { $0 + ($1.scope.resource == resource ? $1.objects : 0) }
    }

    /// How often lists and watches of a resource were begun again, by reason.
    package func restarts(of resource: Resource) -> [ListWatch.Reason: UInt64] {
        watches.reduce(into: [:]) { sums, watch in
            if watch.scope.resource == resource { sums.merge(watch.restarts) { $0 &+ $1 } }
        }
    }

    /// Until when everything about a resource is known: the time of the last word of the watch that has been silent for longest. nil where it is not being
    /// watched, be it that it may not be.
    package func known(_ resource: Resource) -> Timestamp? {
        let watches = watches.filter { $0.scope.resource == resource }
        guard watches.allSatisfy({ $0.isListed && $0.isCurrent && $0.refusal == nil }) else { return nil }
        return watches.map(\.lastEvent).min()
    }

    /// When something was heard of a resource last; `.unknown` before.
    package func lastEvent(of resource: Resource) -> Timestamp {
        watches.filter { $0.scope.resource == resource }.map(\.lastEvent).max() ?? .unknown
    }
}
