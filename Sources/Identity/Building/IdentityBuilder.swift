import FlowModel
import KubernetesObjects

/// Builds an identity table from Kubernetes objects and the configuration.
package struct IdentityBuilder {
    private let registry: EndpointRegistry
    private var addresses: [IPAddress: EndpointEntry] = [:]
    private var networks: [(network: IPNetwork, value: EndpointEntry)] = []
    private var hostPorts: [TransportAddress: EndpointEntry] = [:]
    private var nodes: NodeNumbering
    private var numbers: Set<EndpointNumber> = []

    /// The table of what `objects` and `configuration` say; its endpoints are held in `registry`.
    ///
    /// A node that `previous` knows keeps its number, so that what is known by number holds on in the new table.
    package static func snapshot(
        of objects: ObjectFile?, _ configuration: IdentityConfiguration, registry: EndpointRegistry, after previous: IdentitySnapshot? = nil
    ) -> IdentitySnapshot {
        var builder = IdentityBuilder(registry: registry, nodes: NodeNumbering(after: previous?.nodeIndexes ?? [:]))
        builder.addNetworks(of: configuration)
        if let objects { builder.add(objects) }
        builder.addClusterNetworks(of: configuration)
        let networks = NetworkTable(builder.networks)
        let services = ServiceTable(of: objects)
        for address in services.backedAddresses where builder.addresses[address]?.kind == .service { builder.addresses[address]?.hasBackends = true }
        // A backend outside the cluster has no entry of its own yet.
        for address in services.backendAddresses {
            builder.addresses[address, default: networks.value(for: address) ?? .world].isServiceBackend = true
        }
        return IdentitySnapshot(
            addresses: builder.addresses, networks: networks, hostPorts: builder.hostPorts, services: services, nodeIndexes: builder.nodes.indexes,
            numbers: builder.numbers, registry: registry)
    }

    private init(registry: EndpointRegistry, nodes: NodeNumbering) {
        self.registry = registry
        self.nodes = nodes
    }

    private mutating func number(_ namespace: String, _ pod: String) -> EndpointNumber {
        let number = registry.hold(EndpointLabels(namespace: namespace, pod: pod))
        // One hold for the table, however many addresses the endpoint has.
        if !numbers.insert(number).inserted { registry.release(number) }
        return number
    }

    private mutating func insert(_ address: IPAddress, _ entry: EndpointEntry) {
        if addresses[address] == nil { addresses[address] = entry }
    }

    // MARK: Objects

    /// In the order of who is believed where two claim an address: a pod's own address, a node's, a Service's, then what is only told beside.
    private mutating func add(_ objects: ObjectFile) {
        // A pod that its dead node still calls running gives way to the one that got its address later.
        let pods = objects.pods.filter { !$0.hasEnded }.sorted { Self.startTime($0) > Self.startTime($1) }
        for pod in pods where !pod.isOnHostNetwork { add(pod, at: pod.addresses) }
        for node in objects.nodes { add(node) }
        for pod in objects.pods { addNode(of: pod) }
        for service in objects.services { add(service) }
        for pod in pods where !pod.isOnHostNetwork { add(pod, at: PodAnnotations.secondaryAddresses(of: pod)) }
        for pod in pods where pod.isOnHostNetwork { addPorts(of: pod) }
    }

    private static func startTime(_ pod: Pod) -> Timestamp {
        pod.status?.startTime?.timestamp ?? .unknown
    }

    private mutating func add(_ pod: Pod, at addresses: [IPAddress]) {
        guard !addresses.isEmpty else { return }
        let entry = EndpointEntry(
            number: number(pod.metadata.namespace ?? "", pod.metadata.name), kind: .pod, node: pod.spec?.nodeName.flatMap { nodes.index(of: $0) },
            hasBridgePort: true)
        for address in addresses { insert(address, entry) }
    }

    private mutating func add(_ node: Node) {
        let name = node.metadata.name
        let index = nodes.index(of: name)
        let host = EndpointEntry(number: number("reserved:host", name), kind: .host, node: index)
        var management = host
        management.hasBridgePort = true
        for address in node.addresses { insert(address, host) }
        // OVN-Kubernetes: of a node's subnet the first address is the gateway's, the second the management port's (ovn-k8s-mp0).
        let subnets = NodeAnnotations.subnets(of: node)
        for subnet in subnets {
            insert(subnet.address.advanced(by: 1), host)
            insert(subnet.address.advanced(by: 2), management)
        }
        for address in NodeAnnotations.hostAddresses(of: node) { insert(address, host) }
        // An unknown address there has its home on the node. Of podCIDRs that is not certain: some networks keep address ranges of their own.
        networks += subnets.map { ($0, EndpointEntry(number: .unmanaged, kind: .unmanaged, node: index, hasBridgePort: true)) }
        for network in node.podNetworks {
            networks.append((network, EndpointEntry(number: .unmanaged, kind: .unmanaged, node: index)))
            insert(network.address.advanced(by: 1), host)
        }
    }

    /// A pod tells its node's addresses, also where no Node object does.
    private mutating func addNode(of pod: Pod) {
        guard let name = pod.spec?.nodeName else { return }
        for address in pod.hostAddresses + (pod.isOnHostNetwork ? pod.addresses : []) where addresses[address] == nil {
            insert(address, EndpointEntry(number: number("reserved:host", name), kind: .host, node: nodes.index(of: name)))
        }
    }

    private mutating func add(_ service: Service) {
        guard !service.addresses.isEmpty else { return }
        let entry = EndpointEntry(number: number(service.metadata.namespace ?? "", "service:\(service.metadata.name)"), kind: .service)
        for address in service.addresses { insert(address, entry) }
    }

    private mutating func addPorts(of pod: Pod) {
        guard !pod.ports.isEmpty, !pod.addresses.isEmpty else { return }
        let entry = EndpointEntry(
            number: number(pod.metadata.namespace ?? "", pod.metadata.name), kind: .pod, node: pod.spec?.nodeName.flatMap { nodes.index(of: $0) })
        for port in pod.ports {
            for address in pod.addresses {
                let place = TransportAddress(address: address, port: port.containerPort.rawValue, protocolNumber: (port.protocol ?? .tcp).number)
                if hostPorts[place] == nil { hostPorts[place] = entry }
            }
        }
    }

    // MARK: Configuration

    private mutating func addNetworks(of configuration: IdentityConfiguration) {
        for network in configuration.networks {
            let entry = EndpointEntry(number: number("reserved:network", network.name), kind: .network)
            networks += network.cidrs.map { ($0, entry) }
        }
    }

    private mutating func addClusterNetworks(of configuration: IdentityConfiguration) {
        networks += configuration.clusterNetworks.map { ($0, EndpointEntry(number: .unmanaged, kind: .unmanaged)) }
    }
}

extension IPAddress {
    /// The address so many behind this one, within its lower half.
    fileprivate func advanced(by count: UInt64) -> IPAddress {
        IPAddress(high: high, low: low &+ count)
    }
}
