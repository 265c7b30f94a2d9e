import FlowModel
import Identity
import KubernetesObjects
import Testing

@Suite("What is known of an address, and how") struct FindingsTests {
    private static let node = "{kind: Node, metadata: {name: a}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}"

    /// Of the claims, and of the snapshot alone, as a file's.
    private func sources(_ cluster: inout LiveCluster, _ address: String, port: UInt16? = nil) throws -> [String] {
        let address = try #require(IPAddress(address))
        let place = port.map { TransportAddress(address: address, port: $0, protocolNumber: 6) }
        let table = cluster.publish(at: 1000).snapshot
        let histories = cluster.identity.histories(of: address, port: place)
        let (exact, known) = (table.findings(on: address, port: place, histories), table.findings(on: address, port: place))
        #expect(exact.owner.entry.number == known.owner.entry.number)
        return [exact, known].map { $0.owner.source?.rawValue ?? "nothing" }
    }

    @Test("Each source is told: the object that has the address, or what others tell of it")
    func everySource() throws {
        var configuration = IdentityConfiguration()
        configuration.networks = [.init(name: "corp", cidrs: [try #require(IPNetwork("198.51.100.0/24"))])]
        configuration.clusterNetworks = [try #require(IPNetwork("10.0.0.0/8"))]
        var cluster = LiveCluster(configuration)
        try cluster.put(Self.node, at: 0)
        try cluster.put(
            "{kind: Node, metadata: {name: b, annotations: {k8s.ovn.org/node-subnets: '{\"default\":\"10.128.2.0/23\"}'}}, status: {}}", at: 0)
        let annotation = #", annotations: {k8s.v1.cni.cncf.io/network-status: '[{"ips": ["172.16.0.9"]}]'}"#
        cluster.put(
            try LiveCluster.pod("web", "10.0.0.1", node: "c", start: -3600, metadata: annotation, status: ", hostIPs: [{ip: 192.0.2.13}]"), at: 0)
        try cluster.put(
            """
            kind: Pod
            metadata: {name: exporter, namespace: shop, uid: "1"}
            spec: {nodeName: a, hostNetwork: true, containers: [{ports: [{containerPort: 9100}]}]}
            status: {phase: Running, podIPs: [{ip: 192.0.2.11}], hostIPs: [{ip: 192.0.2.11}]}
            """, at: 0)
        try cluster.put(
            """
            kind: EndpointSlice
            metadata: {name: exporter-1, namespace: shop, labels: {kubernetes.io/service-name: exporter}}
            addressType: IPv4
            ports: [{name: extra, port: 9200}]
            endpoints: [{addresses: [192.0.2.11], nodeName: a, targetRef: {kind: Pod, namespace: shop, name: exporter}}]
            """, at: 0)
        try cluster.put(
            """
            kind: Service
            metadata: {name: front, namespace: shop}
            spec: {clusterIP: 172.30.0.1, clusterIPs: [172.30.0.1], ports: [{port: 80, nodePort: 30080}]}
            """, at: 0)
        for (address, port, source) in [
            ("10.0.0.1", nil, "pod"), ("192.0.2.11", nil, "node"), ("192.0.2.13", nil, "pod-host-ip"), ("172.30.0.1", nil, "service"),
            ("172.16.0.9", nil, "network-status"), ("192.0.2.11", 9100, "container-port"), ("192.0.2.11", 9200, "endpointslice"),
            ("192.0.2.11", 30080, "node-port"), ("192.0.2.11", 22, "node"), ("198.51.100.1", nil, "network"), ("10.9.9.9", nil, "cluster-network"),
            ("10.128.2.77", nil, "node-network"), ("169.254.0.2", nil, "masquerade"), ("203.0.113.1", 443, "nothing"),
        ] as [(String, UInt16?, String)] {
            #expect(try sources(&cluster, address, port: port) == [source, source], "\(address) \(port ?? 0)")
        }
    }

    @Test("Owners are told with their times, the one of the moment and those before it")
    func owners() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        cluster.put(try LiveCluster.pod("b", start: 99), at: 99)
        cluster.remove("a", at: 100)
        cluster.put(try LiveCluster.pod("b", "10.0.0.1", start: 99), at: 100.2)
        let address = try #require(IPAddress("10.0.0.1"))
        let table = cluster.publish(at: 101)
        for histories in [nil, cluster.identity.histories(of: address, port: nil)] {
            let before = table.snapshot.findings(on: address, at: LiveCluster.time(50), histories)
            #expect(table.name(before.owner.entry) == "shop/a" && !before.isPastOwner)
            #expect(before.owner.from == LiveCluster.time(-3600) && before.owner.until == LiveCluster.time(100))
            let after = table.snapshot.findings(on: address, histories)
            #expect(table.name(after.owner.entry) == "shop/b" && after.owner.from == LiveCluster.time(100) && after.owner.until == .distantFuture)
            #expect(before.ownerships.map { table.name($0.entry) } == ["shop/b", "shop/a"] && before.ownerships == after.ownerships)
        }
        cluster.remove("b", at: 200)
        let gone = cluster.publish(at: 201).snapshot.findings(on: address, at: LiveCluster.time(201))
        #expect(gone.isPastOwner && gone.owner.until == LiveCluster.time(200))
        // Of an owner that has been it for long the snapshot has no beginning, but the claims do.
        cluster.put(try LiveCluster.pod("c", "10.0.0.3", start: -3600), at: 300)
        let other = try #require(IPAddress("10.0.0.3"))
        let later = cluster.publish(at: 1000).snapshot
        #expect(later.findings(on: other).owner.from == .unknown)
        #expect(later.findings(on: other, cluster.identity.histories(of: other, port: nil)).owner.from == LiveCluster.time(-3600))
        #expect(later.findings(on: address).ownerships.isEmpty)
    }

    @Test("Each address that somebody owns now is told once")
    func all() throws {
        var cluster = LiveCluster()
        try cluster.put(Self.node, at: 0)
        for (number, name) in ["a", "b", "c"].enumerated() { cluster.put(try LiveCluster.pod(name, "10.0.0.\(number)", start: -3600), at: 0) }
        cluster.remove("b", at: 10)
        cluster.put(try LiveCluster.pod("d", "10.0.0.2", start: 20), at: 20)
        let table = cluster.publish(at: 21)
        var names: [String] = []
        table.snapshot.forEachAddress { names.append("\($0) \(table.name($1))") }
        #expect(names.sorted() == ["10.0.0.0 shop/a", "10.0.0.2 shop/d", "192.0.2.11 reserved:host/a"])
    }
}
