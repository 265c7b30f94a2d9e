import FlowModel

/// Whose address is whose: built once, then only read, by every shard without a lock.
///
/// It holds the endpoint numbers it gives out until it is let go, which its publisher does after the grace period.
@usableFromInline
package final class IdentitySnapshot: Sendable {
    @usableFromInline let addresses: AddressTable
    private let networks: NetworkTable<EndpointEntry>
    private let hostPorts: [TransportAddress: EndpointEntry]
    private let services: ServiceTable
    private let registry: EndpointRegistry
    private let nodeNames: [NodeIndex: String]
    let nodeIndexes: [String: NodeIndex]
    /// Endpoints that are named, by number.
    package let numbers: Set<EndpointNumber>
    /// Whether anything is known of the cluster.
    package let knowsCluster: Bool

    init(
        addresses: [IPAddress: EndpointEntry], networks: NetworkTable<EndpointEntry>, hostPorts: [TransportAddress: EndpointEntry],
        services: ServiceTable, nodeIndexes: [String: NodeIndex], numbers: Set<EndpointNumber>, registry: EndpointRegistry
    ) {
        self.addresses = AddressTable(addresses)
        self.networks = networks
        self.hostPorts = hostPorts
        self.services = services
        self.nodeIndexes = nodeIndexes
        nodeNames = Dictionary(nodeIndexes.map { ($1, $0) }) { first, _ in first }
        self.numbers = numbers
        self.registry = registry
        knowsCluster = !addresses.isEmpty
    }

    deinit {
        for number in numbers { registry.release(number) }
    }

    /// Endpoints in the table.
    package var endpointCount: Int { numbers.count }

    /// Nodes in the table.
    package var nodeCount: Int { nodeIndexes.count }

    /// Whose address it is; where nobody owns it, the network or cluster range that it lies deepest in, else the world.
    @inlinable
    @inline(__always)
    package func lookup(_ address: IPAddress) -> EndpointEntry {
        addresses.entry(for: address) ?? entryOfNetwork(address)
    }

    @usableFromInline
    func entryOfNetwork(_ address: IPAddress) -> EndpointEntry {
        networks.value(for: address) ?? .world
    }

    /// Whose address and port it is: on a node's address, the pod on the host network that declares the port, where there is one.
    @inline(__always)
    package func lookup(_ address: IPAddress, port: UInt16, protocolNumber: UInt8) -> EndpointEntry {
        let entry = lookup(address)
        guard entry.kind == .host, !hostPorts.isEmpty else { return entry }
        return hostPorts[TransportAddress(address: address, port: port, protocolNumber: protocolNumber)] ?? entry
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

    /// Whether `backend` stands behind the Service's address and port.
    package func isBackend(_ backend: TransportAddress, of service: TransportAddress) -> Bool {
        services.contains(backend, for: service)
    }

    /// Whether some Service's port leads to `backend`: where it does, a record of it shows a translation; else it may be any connection of the pod's.
    package func isBackend(_ backend: TransportAddress) -> Bool {
        services.contains(backend)
    }
}
