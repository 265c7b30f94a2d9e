import FlowModel
import Identity

/// What is known of the ends of flows, for those who ask: by address, or all of them.
struct KnownEndpoints {
    /// Whose an address was for some time.
    struct Ownership: Encodable {
        private enum Key: String, CodingKey {
            case kind, namespace, pod, name, node, workload, workloadKind, knownBy, from, until
        }

        var kind: String
        /// As the labels of the metrics have it.
        var namespace: String
        var pod: String
        /// The object's own name: `pod` without what stands before a Service's.
        var name: String
        var node: String?
        var workload: Workload?
        var knownBy: String?
        var from: String?
        var until: String?

        func encode(to encoder: any Encoder) throws {
            // What is not known is null, so that all answers have the same members.
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(kind, forKey: .kind)
            try container.encode(namespace, forKey: .namespace)
            try container.encode(pod, forKey: .pod)
            try container.encode(name, forKey: .name)
            try container.encode(node, forKey: .node)
            try container.encode(workload?.name, forKey: .workload)
            try container.encode(workload?.kind, forKey: .workloadKind)
            try container.encode(knownBy, forKey: .knownBy)
            try container.encode(from, forKey: .from)
            try container.encode(until, forKey: .until)
        }
    }

    /// All about one address.
    struct AddressAnswer: Encodable {
        var address: String
        var port: UInt16?
        var `protocol`: UInt8?
        var at: String
        var owner: Ownership
        /// Whether it had let go of the address by then, and nobody is known to have had it since.
        var isPastOwner: Bool
        var ownerships: [Ownership]
    }

    /// An address and its owner.
    struct Listed: Encodable {
        var address: String
        var owner: Ownership
    }

    struct List: Encodable {
        /// How many there are, listed or not.
        var matched: Int
        var endpoints: [Listed]
    }

    let identity: IdentitySnapshot
    let registry: EndpointRegistry
    /// Knows more exactly; nil where no cluster is watched.
    let cluster: ClusterIdentity?

    /// Whose an address, or its port, was at a time.
    ///
    /// - Parameter isNow: whether the time is that of the question, of which the table as it is now tells more than its history.
    func answer(_ address: IPAddress, _ place: TransportAddress?, at time: Timestamp, isNow: Bool) -> AddressAnswer {
        let findings = findings(on: address, place, at: isNow ? .unknown : time)
        return AddressAnswer(
            address: address.description, port: place?.port, protocol: place?.protocolNumber, at: QueryTime.text(time) ?? "",
            owner: ownership(findings.owner), isPastOwner: findings.isPastOwner, ownerships: findings.ownerships.map(ownership))
    }

    /// The present owners that `isWanted` says (by the labels, and the node), the first of them by namespace, name and address.
    func list(limit: Int, now: Timestamp, where isWanted: (EndpointLabels, String?) -> Bool) -> List {
        struct Candidate {
            var labels: EndpointLabels
            var address: IPAddress

            static func isBefore(_ left: Candidate, _ right: Candidate) -> Bool {
                (left.labels.namespace, left.labels.pod, left.address) < (right.labels.namespace, right.labels.pod, right.address)
            }
        }
        let labels = registry.snapshot().labels
        var matched = 0
        var candidates: [Candidate] = []
        // The last that may still be listed, once there are more than that.
        var bound: Candidate?
        identity.forEachAddress { address, entry in
            guard let place = Int(exactly: entry.number.rawValue), place < labels.count else { return }
            guard isWanted(labels[place], entry.node.flatMap { identity.name(of: $0) }) else { return }
            matched += 1
            let candidate = Candidate(labels: labels[place], address: address)
            if let bound, !Candidate.isBefore(candidate, bound) { return }
            candidates.append(candidate)
            guard candidates.count >= 2 * limit + 1000 else { return }
            candidates.sort(by: Candidate.isBefore)
            candidates.removeLast(candidates.count - limit)
            bound = candidates.last
        }
        candidates.sort(by: Candidate.isBefore)
        let listed = candidates.prefix(limit).map { candidate in
            Listed(address: candidate.address.description, owner: ownership(findings(on: candidate.address, nil, at: .unknown).owner))
        }
        return List(matched: matched, endpoints: listed)
    }

    private func findings(on address: IPAddress, _ place: TransportAddress?, at time: Timestamp) -> AddressFindings {
        identity.findings(on: address, port: place, at: time, cluster?.histories(of: address, port: place))
    }

    private func ownership(_ ownership: EndpointOwnership) -> Ownership {
        let labels = registry.labels(of: ownership.entry.number)
        let isService = ownership.entry.kind == .service && labels.pod.hasPrefix("service:")
        return Ownership(
            kind: Self.word(ownership.entry.kind), namespace: labels.namespace, pod: labels.pod,
            name: isService ? String(labels.pod.dropFirst("service:".count)) : labels.pod,
            node: ownership.entry.node.flatMap { identity.name(of: $0) },
            workload: ownership.entry.kind == .pod ? identity.workload(of: ownership.entry.number) : nil, knownBy: ownership.source?.rawValue,
            from: QueryTime.text(ownership.from), until: QueryTime.text(ownership.until))
    }

    private static func word(_ kind: EndpointEntry.Kind) -> String {
        switch kind {
        case .pod: "pod"
        case .host: "host"
        case .service: "service"
        case .network: "network"
        case .unmanaged: "unmanaged"
        case .world: "world"
        }
    }
}
