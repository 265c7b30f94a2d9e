import FlowModel
import Identity
import Ledger

/// Services' translations, and flows that wait.
extension ShardState {
    struct LearnedTranslation {
        var client: TransportAddress
        var backend: TransportAddress
    }

    mutating func learn(_ flow: Flow, _ source: EndpointEntry, _ destination: EndpointEntry, at now: Timestamp) {
        guard !Vantage.awaitsTranslation(source: source, destination: destination) else { return }
        let from = TransportAddress(address: flow.source, port: flow.sourcePort, protocolNumber: flow.protocolNumber)
        let to = TransportAddress(address: flow.destination, port: flow.destinationPort, protocolNumber: flow.protocolNumber)
        if source.isServiceBackend, view.identity.isBackend(from) { learned.append(LearnedTranslation(client: to, backend: from)) }
        if destination.isServiceBackend, view.identity.isBackend(to) { learned.append(LearnedTranslation(client: from, backend: to)) }
    }

    /// Has a flow wait; where there is no room it counts as it is.
    mutating func hold(_ flow: Flow, _ origin: FlowOrigin, until deadline: Timestamp) -> PairOfEnds {
        guard held.count < Self.maximumHeld else {
            tallies.holdOverflow += 1
            return attributeAtOnce(flow, origin)
        }
        held.append(HeldFlow(flow: flow, origin: origin, deadline: deadline))
        return .none
    }

    /// Whose a flow's addresses are.
    func ends(of flow: Flow, _ origin: FlowOrigin) -> (source: EndpointEntry, destination: EndpointEntry) {
        func end(_ address: IPAddress, _ port: UInt16) -> EndpointEntry {
            view.identity.lookup(address, port: port, protocolNumber: flow.protocolNumber, at: flow.end, seenOn: origin.node)
        }
        return (end(flow.source, flow.sourcePort), end(flow.destination, flow.destinationPort))
    }

    /// Between which ends a flow counts as it is, whether its home may be elsewhere or not.
    mutating func attributeAtOnce(_ flow: Flow, _ origin: FlowOrigin) -> PairOfEnds {
        let (source, destination) = ends(of: flow, origin)
        let origin = origin.now(view.roles)
        noteCrossing(flow, source, destination, origin)
        // By now there is nothing left to wait for.
        switch Judge(origin, view, at: view.settledAt).decide(source, destination, flow.direction) {
        case .counts, .waits: return note(flow.bytes, source, destination)
        case .setAside(let reason):
            tallies.noteSetAside(reason)
            return .none
        }
    }

    /// Hands on what was learned, and tries the flows that came to wait in this batch: the table's lock is taken once.
    mutating func translate(heldFrom first: Int, at now: Timestamp) {
        let fresh = Array(held[first...])
        held.removeSubrange(first...)
        let translated = shared.translations.withLock { translations in
            for translation in learned { translations.learn(client: translation.client, backend: translation.backend, at: now) }
            return fresh.map { resolve($0.flow, $0.origin, in: translations, at: now) }
        }
        learned.removeAll(keepingCapacity: true)
        settle(fresh, translated, at: now, isLast: false)
    }

    /// Tries what waits once more; what has waited long enough counts as it is.
    mutating func retryHeld(at now: Timestamp, isLast: Bool) {
        guard !held.isEmpty else { return }
        let waiting = held
        held.removeAll(keepingCapacity: true)
        let translated = shared.translations.withLock { translations in waiting.map { resolve($0.flow, $0.origin, in: translations, at: now) } }
        settle(waiting, translated, at: now, isLast: isLast)
    }

    /// The flow with its real ends; nil where a Service's backend is not known.
    func resolve(_ flow: Flow, _ origin: FlowOrigin, in translations: Translations, at now: Timestamp) -> Flow? {
        let source = TransportAddress(address: flow.source, port: flow.sourcePort, protocolNumber: flow.protocolNumber)
        let destination = TransportAddress(address: flow.destination, port: flow.destinationPort, protocolNumber: flow.protocolNumber)
        var flow = flow
        let (from, to) = ends(of: flow, origin)
        if to.isService {
            guard let backend = translations.backend(of: destination, for: source, at: now, in: view.identity) else { return nil }
            flow.destination = backend.address
            flow.destinationPort = backend.port
        }
        if from.isService {
            guard let backend = translations.backend(of: source, for: destination, at: now, in: view.identity) else { return nil }
            flow.source = backend.address
            flow.sourcePort = backend.port
        }
        return flow
    }

    mutating func settle(_ waiting: [HeldFlow], _ translated: [Flow?], at now: Timestamp, isLast: Bool) {
        var settled = Settled()
        for (waiting, flow) in zip(waiting, translated) { settle(waiting, flow, at: now, isLast: isLast, with: &settled) }
        deltas.add(settled.flows, parts == nil ? settled.ends : divided(settled.flows, settled.ends))
    }

    mutating func settle(_ waiting: HeldFlow, _ translated: Flow?, at now: Timestamp, isLast: Bool, with settled: inout Settled) {
        guard translated != nil || isLast || waiting.isDue(at: now) else {
            held.append(waiting)
            return
        }
        let flow = translated ?? waiting.flow
        guard !isLast else { return book(flow, attributeAtOnce(flow, waiting.origin), waiting.origin, at: now, with: &settled) }
        let (source, destination) = ends(of: flow, waiting.origin)
        let origin = waiting.origin.now(view.roles)
        let verdict = Judge(origin, view, at: now).decide(source, destination, flow.direction)
        if case .waits = verdict {} else { noteCrossing(flow, source, destination, origin) }
        switch verdict {
        case .counts: book(flow, note(flow.bytes, source, destination), waiting.origin, at: now, with: &settled)
        case .setAside(let reason): tallies.noteSetAside(reason)
        case .waits: book(flow, hold(flow, waiting.origin, until: view.settledAt), waiting.origin, at: now, with: &settled)
        }
    }

    /// Flows that have waited, and between which ends they count.
    struct Settled {
        var flows: [Flow] = []
        var ends: [PairOfEnds] = []
    }

    /// Counts a flow that has waited, but for its pair's sums, which are counted for all of them together.
    mutating func book(_ flow: Flow, _ ends: PairOfEnds, _ origin: FlowOrigin, at now: Timestamp, with settled: inout Settled) {
        guard let (source, destination) = ends.numbers else { return }
        settled.flows.append(flow)
        settled.ends.append(ends)
        bookings?.add([flow], [ends], exporter: origin.number, isSampled: origin.isSampled, now: now)
        heaviest.offer(flow, source: source, destination: destination, exporter: origin.exporter)
    }
}
