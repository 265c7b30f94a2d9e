import FlowModel
import FlowProtocols
import Identity
import Ledger

/// Between which ends flows count.
extension ShardState {
    /// A loop of its own, so that one look-up need not wait for the memory of the one before.
    mutating func lookUp(_ flows: [Flow], seenOn node: NodeIndex?) {
        if entries.count < flows.count { entries = [Entries](repeating: Entries(source: .world, destination: .world), count: flows.count) }
        let identity = view.identity
        let flows = flows.span
        var entries = entries.mutableSpan
        var hasHosts = false
        for position in flows.indices {
            let end = flows[position].end
            let found = Entries(
                source: identity.lookup(flows[position].source, at: end), destination: identity.lookup(flows[position].destination, at: end))
            entries[position] = found
            hasHosts = hasHosts || found.source.isHost || found.destination.isHost
        }
        guard hasHosts else { return }
        for position in flows.indices {
            let (end, protocolNumber) = (flows[position].end, flows[position].protocolNumber)
            if entries[position].source.isHost {
                entries[position].source = identity.lookup(
                    flows[position].source, port: flows[position].sourcePort, protocolNumber: protocolNumber, at: end, seenOn: node)
            }
            if entries[position].destination.isHost {
                entries[position].destination = identity.lookup(
                    flows[position].destination, port: flows[position].destinationPort, protocolNumber: protocolNumber, at: end, seenOn: node)
            }
        }
    }

    /// Says between which ends each of these flows counts; none where it is set aside, or waits.
    mutating func attribute(_ flows: [Flow], _ positions: Range<Int>, to ends: inout [PairOfEnds], _ origin: FlowOrigin, at now: Timestamp) {
        let judge = Judge(origin, view, at: now)
        let flows = flows.span
        var ends = ends.mutableSpan
        for position in positions { ends[position] = attribute(flows, position, origin, judge, at: now) }
    }

    mutating func noteExporting(_ node: NodeIndex, _ index: Int) {
        sessions[index].isNoted = true
        guard !view.exportingNodes.contains(node) else { return }
        shared.noteExporting(node, of: view.identity)
        // The rest of what may have changed is taken up with the next batch.
        view.exportingNodes.insert(node)
    }

    @inline(__always)
    mutating func attribute(
        _ flows: Span<Flow>, _ position: Int, _ origin: FlowOrigin, _ judge: Judge, at now: Timestamp
    ) -> PairOfEnds {
        // Field by field: a flow that is passed on is copied, which only those that wait are worth.
        if flows[position].source.isUnspecified, flows[position].destination.isUnspecified {
            tallies.noteSetAside(.notIP)
            return .none
        }
        let (source, destination) = (entries[position].source, entries[position].destination)
        if expectsOwners, source.isUnsettled(or: destination), mayGetOwner(flows[position], source, destination, at: now) {
            if awaitOwner(flows[position], origin, at: now) { return .none }
        }
        if configuration.deduplicates {
            if source.isServiceBackend || destination.isServiceBackend { learn(flows[position], source, destination, at: now) }
            if Vantage.awaitsTranslation(source: source, destination: destination) {
                // Whichever backend it is: the packet has its home here, and another vantage point counts it.
                if let node = origin.node, Vantage.home(source) == node, !origin.counts.contains(.home) {
                    tallies.noteSetAside(.otherVantage)
                    return .none
                }
                return hold(flows[position], origin, until: now.advanced(by: Self.holdTime))
            }
            let verdict = judge.decide(source, destination, flows[position].direction)
            if case .waits = verdict { return hold(flows[position], origin, until: view.settledAt) }
            if origin.measures { noteCrossing(flows[position], source, destination, origin) }
            if case .setAside(let reason) = verdict {
                tallies.noteSetAside(reason)
                return .none
            }
        }
        return note(flows[position].bytes, source, destination)
    }

    @inline(__always)
    mutating func note(_ bytes: UInt64, _ source: EndpointEntry, _ destination: EndpointEntry) -> PairOfEnds {
        tallies.attribute(bytes, source: source, destination: destination)
        return PairOfEnds(source: source.number, destination: destination.number)
    }

    /// Between which ends the flows of a batch count where flows have labels of their own: each towards the part of its destination that has these.
    mutating func divided(_ flows: [Flow], _ ends: [PairOfEnds]) -> [PairOfEnds] {
        guard var parts else { return ends }
        self.parts = nil
        let identity = view.identity
        let flows = flows.span
        var ends = ends
        for position in flows.indices {
            // What is left out is one end, whatever is sent there.
            guard let (source, destination) = ends[position].numbers, destination != .other else { continue }
            let port = parts.wantsPorts ? ServicePort(of: flows[position], in: identity, parts.configuredPorts) : .none
            ends[position] = PairOfEnds(
                source: source, destination: parts.number(of: destination, protocolNumber: flows[position].protocolNumber, port))
        }
        self.parts = parts
        return ends
    }

    /// Between which ends a flow counts whose exporter names its pods itself; an end that it leaves unnamed goes by its address.
    mutating func attributeClaimed(_ flow: Flow, _ names: ClaimedNames, _ entries: Entries) -> PairOfEnds {
        let knowsCluster = view.identity.knowsCluster
        func end(_ namespace: String, _ pod: String, _ entry: EndpointEntry, _ side: ShardTallies.Side) -> EndpointNumber {
            if !pod.isEmpty, let number = claimed.number(namespace: namespace, pod: pod, at: entry.number, mustBeKnown: knowsCluster) {
                tallies.attribute(flow.bytes, side, .exporter)
                return number
            }
            tallies.attribute(flow.bytes, entry, side)
            return entry.number
        }
        let source = end(names.sourceNamespace, names.sourcePod, entries.source, .source)
        let destination = end(names.destinationNamespace, names.destinationPod, entries.destination, .destination)
        return PairOfEnds(source: source, destination: destination)
    }
}
