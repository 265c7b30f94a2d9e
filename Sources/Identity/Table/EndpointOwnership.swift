import FlowModel

/// Whose an address, or a port of one, was for some time, and how that is known.
package struct EndpointOwnership: Sendable, Equatable {
    /// How it is known.
    package enum Source: String, Sendable, CaseIterable {
        /// A pod's status has the address as its own.
        case pod
        /// A Node object has it, in its status or its annotations.
        case node
        /// Pods say that it is their node's.
        case podHostIP = "pod-host-ip"
        /// A Service has it.
        case service
        /// A pod's annotation tells of it: it is on a further network.
        case networkStatus = "network-status"
        /// A pod on the host network has the port.
        case containerPort = "container-port"
        /// An EndpointSlice says whose the port of its node's address is.
        case endpointSlice = "endpointslice"
        /// The port is a Service's on every node.
        case nodePort = "node-port"
        /// It lies in one of the configured `networks`.
        case network
        /// It lies in the range of a node's pods.
        case nodeNetwork = "node-network"
        /// It lies in one of `identity.cluster_networks`.
        case clusterNetwork = "cluster-network"
        /// It lies in the range that OVN-Kubernetes' nodes translate to on their way to themselves.
        case masquerade
    }

    /// `.unknown` where it is older than what is remembered.
    package var from: Timestamp
    /// `.distantFuture` while it lasts.
    package var until: Timestamp
    package var entry: EndpointEntry
    /// nil: nothing is known of it.
    package var source: Source?

    init(from: Timestamp = .unknown, until: Timestamp = .distantFuture, entry: EndpointEntry, source: Source?) {
        self.from = from
        self.until = until
        self.entry = entry
        self.source = source
    }

    fileprivate init(_ ownership: AddressHistory.Ownership, ofPort: Bool = false) {
        let source: Source =
            switch ownership.rank {
            case .pod: ofPort ? .containerPort : .pod
            case .node: .node
            case .toldNode: ofPort ? .endpointSlice : .podHostIP
            case .service: .service
            case .furtherNetwork: .networkStatus
            }
        self.init(from: ownership.from, until: ownership.until, entry: ownership.entry, source: source)
    }
}

/// All that is known of an address, or of a port of it.
package struct AddressFindings: Sendable, Equatable {
    /// Whose it was at the time that was asked for: a network's, or the world's, where nobody is known to have owned it then.
    package var owner: EndpointOwnership
    /// Whether it had let go of the address by then, and nobody is known to have had it since.
    package var isPastOwner = false
    /// All who are remembered, the one that is believed first.
    package var ownerships: [EndpointOwnership] = []
}

/// Who owned an address, and a port of it, as the claims of the moment tell it: more exactly than a snapshot, which does without what nobody needs who names flows.
package struct AddressHistories: Sendable {
    let address: AddressHistory
    let port: AddressHistory?
}

extension Claim.Rank {
    /// How an endpoint of this kind is mostly known.
    init(of kind: EndpointEntry.Kind) {
        switch kind {
        case .pod, .network, .unmanaged, .world: self = .pod
        case .host: self = .node
        case .service: self = .service
        }
    }
}

extension LiveIdentity {
    /// The claims to an address, and to a port of it where one is given.
    package func histories(of address: IPAddress, port place: TransportAddress?) -> AddressHistories {
        AddressHistories(
            address: AddressHistory(claims[address], isExact: options.believesStarts),
            port: place.map { AddressHistory(portClaims[$0], isExact: options.believesStarts) })
    }
}

extension IdentitySnapshot {
    /// Calls `body` for each address that somebody owns now.
    package func forEachAddress(_ body: (IPAddress, EndpointEntry) -> Void) {
        addresses.forEach { address, entry in
            if !entry.hasHistory {
                body(address, entry)
            } else if let owner = content.histories[address]?.owner {
                body(address, owner)
            }
        }
    }

    /// Whose an address was at `time`, and is remembered to have been.
    ///
    /// - Parameters:
    ///   - place: the address with a port, which on a node's address may be a pod's on the host network, or a Service's; nil: no port.
    ///   - time: `.unknown`: now.
    ///   - histories: what is known more exactly; nil: no more than the snapshot has.
    package func findings(
        on address: IPAddress, port place: TransportAddress? = nil, at time: Timestamp = .unknown, _ histories: AddressHistories? = nil
    ) -> AddressFindings {
        let history = histories?.address ?? self.history(of: address)
        var findings = found(in: history, at: time) ?? AddressFindings(owner: network(of: address))
        findings.ownerships = history.ownerships.map { EndpointOwnership($0) }
        guard let place, findings.owner.entry.kind == .host else { return findings }
        let portHistory = histories?.port ?? content.hostPorts[place] ?? AddressHistory()
        if let pod = found(in: portHistory, at: time, ofPort: true) {
            findings.owner = pod.owner
            findings.isPastOwner = pod.isPastOwner
        } else if let service = serviceOfNodePort(place, at: time) {
            findings.owner = EndpointOwnership(until: service.until, entry: service.entry, source: .nodePort)
            findings.isPastOwner = time != .unknown && time >= service.until
        }
        findings.ownerships = portHistory.ownerships.map { EndpointOwnership($0, ofPort: true) } + findings.ownerships
        return findings
    }

    private func found(in history: AddressHistory, at time: Timestamp, ofPort: Bool = false) -> AddressFindings? {
        if time == .unknown {
            return history.ownerships.first { $0.until == .distantFuture }.map { AddressFindings(owner: EndpointOwnership($0, ofPort: ofPort)) }
        }
        return history.ownership(at: time, grace: grace).map {
            AddressFindings(owner: EndpointOwnership($0.ownership, ofPort: ofPort), isPastOwner: $0.isPast)
        }
    }

    private func history(of address: IPAddress) -> AddressHistory {
        guard let entry = addresses.entry(for: address) else { return AddressHistory() }
        guard !entry.hasHistory else { return content.histories[address] ?? AddressHistory() }
        let rank = content.ranks[address] ?? Claim.Rank(of: entry.kind)
        return AddressHistory(ownerships: [AddressHistory.Ownership(from: .unknown, until: .distantFuture, entry: entry, rank: rank)])
    }

    private func network(of address: IPAddress) -> EndpointOwnership {
        let entry = entryOfNetwork(address)
        let source: EndpointOwnership.Source? =
            switch entry.kind {
            case .network: .network
            case .unmanaged: entry.node == nil ? .clusterNetwork : .nodeNetwork
            case .host: .masquerade
            case .pod, .service, .world: nil
            }
        return EndpointOwnership(entry: entry, source: source)
    }
}
