import FlowModel
import Identity
import Ledger

/// Flows of addresses whose owner is not known yet: a pod that was made a moment ago, of which word is on its way.
extension ShardState {
    /// Such flows, at most.
    static let maximumOwnerless = 4096
    /// A flow that ended longer than this before the last word of the cluster has no owner that is still to come, nanoseconds: words may overtake each other by less.
    private static let wordsDelay: Int64 = 1_000_000_000

    /// Whether an owner may still come for an end of a flow.
    func mayGetOwner(_ flow: Flow, _ source: EndpointEntry, _ destination: EndpointEntry, at now: Timestamp) -> Bool {
        let end = flow.end == .unknown ? now : flow.end
        guard end > ownersKnownUntil.advanced(by: -Self.wordsDelay) else { return false }
        return source.isUnsettled && !refused.contains(flow.source, at: now)
            || destination.isUnsettled && !refused.contains(flow.destination, at: now)
    }

    /// Has a flow wait for the owner of an end; false where there is no room, so that it goes on without.
    mutating func awaitOwner(_ flow: Flow, _ origin: FlowOrigin, at now: Timestamp) -> Bool {
        guard ownerless.count < Self.maximumOwnerless else {
            tallies.holdOverflow += 1
            return false
        }
        ownerless.append(HeldFlow(flow: flow, origin: origin, deadline: now.advanced(by: configuration.ownerWait)))
        return true
    }

    /// Looks whether the ends of flows have owners now; a flow that has waited long enough goes on without.
    mutating func retryOwnerless(at now: Timestamp, isLast: Bool) {
        ownersAreNew = false
        guard !ownerless.isEmpty else { return }
        let waiting = ownerless
        ownerless.removeAll(keepingCapacity: true)
        let firstHeld = held.count
        var settled = Settled()
        // What goes on from here has waited for an owner.
        let knownUntil = ownersKnownUntil
        ownersKnownUntil = .distantFuture
        for waiting in waiting {
            let (source, destination) = ends(of: waiting.flow, waiting.origin)
            if source.isUnsettled || destination.isUnsettled {
                guard isLast || waiting.isDue(at: now) else {
                    ownerless.append(waiting)
                    continue
                }
                let until = now.advanced(by: configuration.ownerWait)
                if source.isUnsettled { refused.insert(waiting.flow.source, until: until) }
                if destination.isUnsettled { refused.insert(waiting.flow.destination, until: until) }
            }
            lookUp([waiting.flow], seenOn: waiting.origin.node)
            var ends = [PairOfEnds.none]
            attribute([waiting.flow], 0..<1, to: &ends, waiting.origin.now(view.roles), at: now)
            book(waiting.flow, ends[0], waiting.origin, at: now, with: &settled)
        }
        ownersKnownUntil = knownUntil
        deltas.add(settled.flows, parts == nil ? settled.ends : divided(settled.flows, settled.ends))
        if !learned.isEmpty || held.count > firstHeld { translate(heldFrom: firstHeld, at: now) }
    }
}
