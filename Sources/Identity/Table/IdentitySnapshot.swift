import FlowModel

/// Whose address is whose, and was within the grace period: only read, by every shard without a lock.
///
/// The endpoint numbers it gives out are held at least until it is let go.
@usableFromInline
package final class IdentitySnapshot: Sendable {
    /// What a snapshot is made of; a copy of it shares its memory.
    struct Content: Sendable {
        var addresses: AddressTable
        /// Of the addresses whose entry says that they have a history.
        var histories = PartedDictionary<IPAddress, AddressHistory>()
        /// Of the others, how the few are known of which their kind does not tell it.
        var ranks = PartedDictionary<IPAddress, Claim.Rank>()
        var networks = NetworkTable<EndpointEntry>([])
        var hostPorts = PartedDictionary<TransportAddress, AddressHistory>()
        var nodePorts: [NodePort: NodePort.Target] = [:]
        var hosts: [NodeIndex: EndpointEntry] = [:]
        var services = ServiceTable()
        var owners = OwnerTable()
        /// The ports of both; and, where a label needs them, of Services and containers.
        var ports = PortTable()
        /// Addresses that are a node's, or were within the grace period.
        var nodeAddresses: Set<IPAddress> = []
        /// Node objects.
        var nodes = 0
        /// What objects said beyond the bounds of what is listened to.
        var leftOut: UInt64 = 0
    }

    @usableFromInline let addresses: AddressTable
    let content: Content
    private let nodeNames: [NodeIndex: String]
    let nodeIndexes: [String: NodeIndex]
    /// How long past owners are remembered, nanoseconds.
    let grace: Int64
    private let holds: EndpointHolds
    private let sequence: UInt64
    /// Endpoints in the table.
    package let endpointCount: Int

    init(_ content: Content, nodes: NodeNumbering, endpoints: Int, grace: Int64, holds: EndpointHolds, sequence: UInt64) {
        addresses = content.addresses
        self.content = content
        nodeIndexes = nodes.indexes
        nodeNames = nodes.names
        endpointCount = endpoints
        self.grace = grace
        self.holds = holds
        self.sequence = sequence
        holds.begin(sequence)
    }

    deinit { holds.end(sequence) }

    /// Endpoints that its table names, by number: those of the table as it is now.
    package var numbers: Set<EndpointNumber> { holds.numbers }

    /// Addresses, links of Services, ports and past owners that objects told beyond the bounds of what is kept: each time that they were taken in.
    package var leftOut: UInt64 { content.leftOut }

    /// Nodes in the table.
    package var nodeCount: Int { nodeIndexes.count }

    /// Every address of a node, of whatever network, also of nodes that have gone within the grace period: those that its exporter may send from.
    package var nodeAddresses: Set<IPAddress> { content.nodeAddresses }

    /// Whether the cluster's Node objects are known, and not only what pods tell of their nodes.
    package var knowsNodes: Bool { content.nodes > 0 }

    /// Whether anything is known of the cluster.
    package var knowsCluster: Bool { addresses.count > 0 }

    /// Whose address it is now; where nobody owns it, the network or cluster range that it lies deepest in, else the world.
    @inlinable
    @inline(__always)
    package func lookup(_ address: IPAddress) -> EndpointEntry {
        guard let entry = addresses.entry(for: address) else { return entryOfNetwork(address) }
        return entry.hasHistory ? presentOwner(of: address) : entry
    }

    /// Whose address it was at `time`; where nobody is known to have owned it then, the network or cluster range that it lies deepest in, else the world.
    ///
    /// Behind the end of an ownership, for the grace period, it is the last owner's still; the entry then says `isUnsettled`.
    @inlinable
    @inline(__always)
    package func lookup(_ address: IPAddress, at time: Timestamp) -> EndpointEntry {
        guard let entry = addresses.entry(for: address) else { return entryOfNetwork(address) }
        return entry.hasHistory ? owner(of: address, at: time) : entry
    }

    @usableFromInline
    @inline(never)
    func entryOfNetwork(_ address: IPAddress) -> EndpointEntry {
        content.networks.value(for: address) ?? .world
    }

    @usableFromInline
    @inline(never)
    func presentOwner(of address: IPAddress) -> EndpointEntry {
        let history = content.histories[address]
        return history?.owner ?? entryOfNobody(address, history)
    }

    @usableFromInline
    @inline(never)
    func owner(of address: IPAddress, at time: Timestamp) -> EndpointEntry {
        guard time != .unknown else { return presentOwner(of: address) }
        let history = content.histories[address]
        return history?.owner(at: time, grace: grace) ?? entryOfNobody(address, history)
    }

    private func entryOfNobody(_ address: IPAddress, _ history: AddressHistory?) -> EndpointEntry {
        var entry = entryOfNetwork(address)
        if history?.isServiceBackend == true { entry.isServiceBackend = true }
        return entry
    }

    /// Whose address and port it was at `time`: on a node's address, the pod on the host network that has the port, or the Service whose node port it is,
    /// where there is one.
    ///
    /// - Parameter node: where it was seen; there a masquerade address is the host's.
    @inlinable
    @inline(__always)
    package func lookup(_ address: IPAddress, port: UInt16, protocolNumber: UInt8, at time: Timestamp, seenOn node: NodeIndex?) -> EndpointEntry {
        let entry = lookup(address, at: time)
        guard entry.isHost else { return entry }
        return ownerOfPort(entry, address, port, protocolNumber, time, node)
    }

    @usableFromInline
    @inline(never)
    func ownerOfPort(
        _ host: EndpointEntry, _ address: IPAddress, _ port: UInt16, _ protocolNumber: UInt8, _ time: Timestamp, _ node: NodeIndex?
    ) -> EndpointEntry {
        if content.ports.mayHave(port) {
            let place = TransportAddress(address: address, port: port, protocolNumber: protocolNumber)
            let history = content.hostPorts[place]
            if let pod = time == .unknown ? history?.owner : history?.owner(at: time, grace: grace) { return pod }
            if let service = serviceOfNodePort(place, at: time) { return service.entry }
        }
        guard host.node == nil, let node else { return host }
        return content.hosts[node] ?? host
    }

    /// Whether another table has the same nodes by the same numbers, and the same addresses of them; quick where it came of the same changes.
    package func hasSameNodes(as other: IdentitySnapshot) -> Bool {
        nodeIndexes == other.nodeIndexes && content.nodeAddresses == other.content.nodeAddresses
    }

    /// The Service whose node port it is, or was at `time` and nobody's since, and until when; nil: none's.
    func serviceOfNodePort(_ place: TransportAddress, at time: Timestamp) -> (entry: EndpointEntry, until: Timestamp)? {
        guard let target = content.nodePorts[NodePort(place)], time != .unknown || target.until == .distantFuture else { return nil }
        var entry = lookup(target.service.address, at: time)
        // The address that is looked up is the node's, which nobody else may have got meanwhile.
        entry.isUnsettled = false
        return entry.isService ? (entry, target.until) : nil
    }

    /// The node of this name.
    package func node(named name: String) -> NodeIndex? { nodeIndexes[name] }

    /// The name of a node.
    package func name(of node: NodeIndex) -> String? { nodeNames[node] }

    /// The names of some nodes.
    package func names(of nodes: NodeSet) -> [String] { nodeIndexes.filter { nodes.contains($0.value) }.map(\.key) }

    /// Those of the named nodes that the table has.
    package func nodes(named names: [String]) -> NodeSet {
        names.compactMap { nodeIndexes[$0] }.reduce(into: NodeSet()) { $0.insert($1) }
    }

    /// Whether `backend` stands behind the Service's address and port, or its node port.
    package func isBackend(_ backend: TransportAddress, of service: TransportAddress) -> Bool {
        if content.services.contains(backend, for: service) { return true }
        guard let target = content.nodePorts[NodePort(service)], lookup(service.address).kind == .host else { return false }
        return content.services.contains(backend, for: target.service)
    }

    /// Whether some Service's port leads to `backend`: where it does, a record of it shows a translation; else it may be any connection of the pod's.
    package func isBackend(_ backend: TransportAddress) -> Bool {
        content.services.contains(backend)
    }

    /// Whether something is known to listen at a place: a Service, what stands behind one, or a container that declares the port. Known only where the label
    /// `service_port` is turned on.
    package func isServicePort(_ place: TransportAddress) -> Bool {
        guard content.ports.mayHave(place.port) else { return false }
        if content.ports.contains(place) || content.hostPorts[place] != nil { return true }
        return content.nodePorts[NodePort(place)] != nil && lookup(place.address).kind == .host
    }

    /// The name of the node that an address is on; nil where it is on none, or not known.
    package func nodeName(of address: IPAddress) -> String? {
        lookup(address).node.flatMap { name(of: $0) }
    }

    /// What an endpoint's pods are of: a Deployment, a CronJob, a StatefulSet; nil for what nobody looks after, or is no pod.
    package func workload(of number: EndpointNumber) -> Workload? {
        content.owners.workload(of: number)
    }
}
