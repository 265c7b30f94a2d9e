import FlowModel
import Identity
import KubernetesObjects
import Testing

@Suite("The table as it changes")
struct LiveIdentityTests {
    private static let hostPod = """
        kind: Pod
        metadata: {name: exporter-x, namespace: shop, uid: "1"}
        spec: {nodeName: a, hostNetwork: true, containers: [{ports: [{containerPort: 9100}]}]}
        status: {phase: Running, podIPs: [{ip: 192.0.2.11}], hostIPs: [{ip: 192.0.2.11}]}
        """
    private static let slice = """
        kind: EndpointSlice
        metadata: {name: exporter-1, namespace: shop, labels: {kubernetes.io/service-name: exporter}}
        addressType: IPv4
        ports: [{name: extra, port: 9200}]
        endpoints: [{addresses: [192.0.2.11], nodeName: a, targetRef: {kind: Pod, namespace: shop, name: exporter-x}}]
        """

    @Test("A pod on the host network is its node but at the ports it declares, and at those that a slice names")
    func hostNetwork() throws {
        // The slice before its pod, and after it.
        for objects in [[Self.hostPod, Self.slice], [Self.slice, Self.hostPod]] {
            var cluster = LiveCluster()
            for object in objects { try cluster.put(object, at: 0) }
            try cluster.put("{kind: Node, metadata: {name: a}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}", at: 0)
            let table = cluster.publish(at: 0)
            #expect(try table.name("192.0.2.11") == "reserved:host/a")
            #expect(try table.name("192.0.2.11", port: 9100) == "shop/exporter-x")
            #expect(try table.name("192.0.2.11", port: 9200) == "shop/exporter-x")
            #expect(try table.name("192.0.2.11", port: 9200, 17) == "reserved:host/a")
            #expect(try table.name("192.0.2.11", port: 22) == "reserved:host/a")
            cluster.remove("exporter-x", at: 100)
            let after = cluster.publish(at: 100)
            #expect(try after.name("192.0.2.11", port: 9100) == "reserved:host/a")
            #expect(try after.name("192.0.2.11", port: 9100, at: 99) == "shop/exporter-x")
        }
    }

    @Test("A slice cannot give a node's port to a pod that is not there")
    func foreignPorts() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("exporter-x", "10.0.0.1", node: "a", status: ", hostIP: 192.0.2.11"), at: 0)
        try cluster.put(Self.slice, at: 0)
        #expect(try cluster.publish(at: 0).name("192.0.2.11", port: 9200) == "reserved:host/a")
    }

    @Test("What a node's pods tell of its addresses holds until the last of them has gone")
    func toldNodes() throws {
        var cluster = LiveCluster(grace: 10)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", status: ", hostIP: 192.0.2.11"), at: 0)
        cluster.put(try LiveCluster.pod("b", "10.0.0.2", node: "n", status: ", hostIP: 192.0.2.11"), at: 0)
        cluster.remove("a", at: 1)
        #expect(try cluster.publish(at: 20).name("192.0.2.11") == "reserved:host/n")
        cluster.remove("b", at: 21)
        let table = cluster.publish(at: 22)
        #expect(try table.name("192.0.2.11") == "reserved:world/")
        #expect(try table.name("192.0.2.11", at: 20.5) == "reserved:host/n")
        #expect(cluster.publish(at: 40).snapshot.nodeCount == 0)
    }

    @Test("A pod may come before its node, whose addresses, ranges and gateways follow it as it changes")
    func nodes() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.9", "fd01::9", node: "n", start: -3600), at: 0)
        let first = cluster.publish(at: 0)
        #expect(try first.node("10.0.0.9") == "n" && first.node("fd01::9") == "n")
        try cluster.put(
            """
            {kind: Node, metadata: {name: n}, spec: {podCIDRs: [10.0.0.0/24, "fd01::/64"]},
             status: {addresses: [{type: InternalIP, address: 192.0.2.11}, {type: ExternalIP, address: 203.0.113.11}]}}
            """, at: 1)
        let second = cluster.publish(at: 1)
        #expect(second.snapshot.node(named: "n") == first.snapshot.node(named: "n"))
        for address in ["192.0.2.11", "203.0.113.11", "10.0.0.1", "fd01::1"] { #expect(try second.name(address) == "reserved:host/n", "\(address)") }
        #expect(try second.name("10.0.0.77") == "reserved:unmanaged/" && second.node("fd01::77") == "n")
        try cluster.put("{kind: Node, metadata: {name: n}, status: {addresses: [{type: InternalIP, address: 192.0.2.12}]}}", at: 100)
        let third = cluster.publish(at: 100)
        #expect(try third.name("192.0.2.12") == "reserved:host/n")
        #expect(try third.name("192.0.2.11") == "reserved:world/" && third.name("192.0.2.11", at: 99) == "reserved:host/n")
        #expect(try third.name("10.0.0.77") == "reserved:world/")
        cluster.identity.removeNode("n", at: LiveCluster.time(200))
        #expect(try cluster.publish(at: 200).name("192.0.2.12") == "reserved:world/")
        #expect(try second.name("192.0.2.11") == "reserved:host/n", "a snapshot does not change")
    }

    @Test("OVN-Kubernetes' masquerade addresses are the host's, where there is such a node; the cloud's metadata service is not")
    func masquerade() throws {
        var cluster = LiveCluster()
        #expect(try cluster.publish(at: 0).name("169.254.0.2") == "reserved:world/")
        try cluster.put("{kind: Node, metadata: {name: n, annotations: {k8s.ovn.org/node-subnets: '{\"default\":\"10.128.2.0/23\"}'}}}", at: 0)
        let table = cluster.publish(at: 0)
        for address in ["169.254.0.2", "169.254.169.2", "fd69::2"] { #expect(try table.name(address) == "reserved:host/", "\(address)") }
        #expect(try table.name("169.254.169.254") == "reserved:world/")
        #expect(try table.entry("10.128.2.2").hasBridgePort && !table.entry("10.128.2.1").hasBridgePort)
    }

    private static let service = """
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {type: NodePort, clusterIPs: [172.30.0.80], ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
        status: {loadBalancer: {ingress: [{ip: 203.0.113.9}]}}
        """
    private static func webSlice(_ addresses: String) -> String {
        """
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: [\(addresses)]}]
        """
    }

    @Test("A slice may come before its Service; backends follow it, and node ports and balancers' addresses are the Service")
    func services() throws {
        var cluster = LiveCluster()
        let backend = try TransportAddress("10.0.0.1:8080")
        let other = try TransportAddress("10.0.0.2:8080")
        let service = try TransportAddress("172.30.0.80:80")
        try cluster.put(Self.webSlice("10.0.0.1"), at: 0)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", node: "n", start: -3600, status: ", hostIP: 192.0.2.11"), at: 0)
        let slice = cluster.publish(at: 0)
        #expect(!slice.snapshot.isBackend(backend))
        try cluster.put(Self.service, at: 1)
        let both = cluster.publish(at: 1)
        #expect(both.snapshot.isBackend(backend, of: service) && both.snapshot.isBackend(backend))
        #expect(both.snapshot.isBackend(backend, of: try TransportAddress("203.0.113.9:80")))
        #expect(both.snapshot.isBackend(backend, of: try TransportAddress("192.0.2.11:30080")))
        #expect(!both.snapshot.isBackend(backend, of: try TransportAddress("10.0.0.1:30080")), "no node's address")
        #expect(try both.name("192.0.2.11", port: 30080) == "shop/service:web")
        #expect(both.snapshot.lookup(try #require(IPAddress("192.0.2.11")), port: 30080, protocolNumber: 6, at: .unknown, seenOn: nil).hasBackends)
        #expect(try both.name("192.0.2.11", port: 30080, 17) == "reserved:host/n")
        #expect(try both.name("203.0.113.9") == "shop/service:web")
        #expect(try both.entry("10.0.0.1").isServiceBackend && both.entry("172.30.0.80").hasBackends)
        #expect(!slice.snapshot.isBackend(backend), "a snapshot does not change")

        try cluster.put(Self.webSlice("10.0.0.2"), at: 2)
        let moved = cluster.publish(at: 2)
        #expect(moved.snapshot.isBackend(backend, of: service) && moved.snapshot.isBackend(other, of: service), "flows of it may be on their way")
        let settled = cluster.publish(at: 302)
        #expect(!settled.snapshot.isBackend(backend) && settled.snapshot.isBackend(other, of: service))
        #expect(try !settled.entry("10.0.0.1").isServiceBackend && settled.entry("10.0.0.2").isServiceBackend)
        cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: "web-1"), at: LiveCluster.time(303))
        #expect(try cluster.publish(at: 602).entry("172.30.0.80").hasBackends)
        let bare = cluster.publish(at: 603)
        #expect(try !bare.entry("172.30.0.80").hasBackends && !bare.entry("10.0.0.2").isServiceBackend)
        cluster.identity.removeService(ObjectName(namespace: "shop", name: "web"), at: LiveCluster.time(604))
        let none = cluster.publish(at: 604)
        #expect(try none.name("172.30.0.80") == "reserved:world/" && none.name("172.30.0.80", at: 603.5) == "shop/service:web")
        #expect(
            try none.name("192.0.2.11", port: 30080) == "reserved:host/n" && none.name("192.0.2.11", port: 30080, at: 603.5) == "shop/service:web")
        #expect(try cluster.publish(at: 904).name("192.0.2.11", port: 30080, at: 603.5) == "reserved:host/n")
    }

    @Test("Links that come and go, and come again, are there for as long as something says so, and the grace period")
    func linksToAndFro() throws {
        var cluster = LiveCluster(grace: 10)
        let service = try TransportAddress("172.30.0.80:80")
        func isBackend(_ table: LiveSnapshot, _ address: String) throws -> Bool {
            table.snapshot.isBackend(try TransportAddress("\(address):8080"), of: service)
        }
        try cluster.put(Self.service, at: 0)
        for step in 0..<9 { try cluster.put(Self.webSlice(step % 2 == 0 ? "10.0.0.1, 10.0.0.2" : "10.0.0.2, 10.0.0.3"), at: Double(step)) }
        let table = cluster.publish(at: 8)
        for address in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] { #expect(try isBackend(table, address) && table.entry(address).isServiceBackend) }
        let settled = cluster.publish(at: 18)
        #expect(try isBackend(settled, "10.0.0.1") && isBackend(settled, "10.0.0.2") && !isBackend(settled, "10.0.0.3"))
        try cluster.put(Self.webSlice(""), at: 20)
        let last = cluster.publish(at: 29)
        #expect(try isBackend(last, "10.0.0.1") && isBackend(last, "10.0.0.2"))
        let none = cluster.publish(at: 30)
        #expect(try !isBackend(none, "10.0.0.1") && !isBackend(none, "10.0.0.2") && !none.entry("172.30.0.80").hasBackends)
    }

    @Test("A node port goes over to the Service that takes it, and stays with one that has it again")
    func nodePorts() throws {
        var cluster = LiveCluster(grace: 10)
        try cluster.put("{kind: Node, metadata: {name: n}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}", at: 0)
        func service(_ name: String, _ address: String, port: Int) -> String {
            """
            kind: Service
            metadata: {name: \(name), namespace: shop}
            spec: {clusterIPs: [\(address)], ports: [{port: 80, nodePort: \(port)}]}
            """
        }
        try cluster.put(service("a", "172.30.0.1", port: 30080), at: 0)
        try cluster.put(service("a", "172.30.0.1", port: 30081), at: 1)
        let moved = cluster.publish(at: 1)
        #expect(try moved.name("192.0.2.11", port: 30080) == "reserved:host/n" && moved.name("192.0.2.11", port: 30081) == "shop/service:a")
        #expect(try moved.name("192.0.2.11", port: 30080, at: 0.5) == "shop/service:a")
        try cluster.put(service("a", "172.30.0.1", port: 30080), at: 2)
        #expect(try cluster.publish(at: 20).name("192.0.2.11", port: 30080) == "shop/service:a")
        try cluster.put(service("b", "172.30.0.2", port: 30080), at: 21)
        cluster.identity.removeService(ObjectName(namespace: "shop", name: "a"), at: LiveCluster.time(22))
        let taken = cluster.publish(at: 40)
        #expect(try taken.name("192.0.2.11", port: 30080) == "shop/service:b" && taken.name("192.0.2.11", port: 30080, at: 39) == "shop/service:b")
    }

    @Test("A Service that selects its pods follows them, until it has slices")
    func selectors() throws {
        var cluster = LiveCluster(selectsPods: true)
        try cluster.put(
            "{kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: 172.30.0.80, selector: {app: web}, ports: [{port: 80}]}}",
            at: 0)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", metadata: ", labels: {app: web}"), at: 0)
        #expect(try cluster.publish(at: 0).entry("10.0.0.1").isServiceBackend)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", metadata: ", labels: {app: other}"), at: 1)
        #expect(try !cluster.publish(at: 1).entry("10.0.0.1").isServiceBackend)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", metadata: ", labels: {app: web}"), at: 2)
        try cluster.put(Self.webSlice("10.0.0.2"), at: 2)
        let table = cluster.publish(at: 2)
        #expect(try !table.entry("10.0.0.1").isServiceBackend && table.entry("10.0.0.2").isServiceBackend)
    }

    @Test("A pod's workload is the last of its owners that is known")
    func workloads() throws {
        var cluster = LiveCluster()
        let owner = ", ownerReferences: [{kind: ReplicaSet, name: web-7d9c, controller: true}]"
        cluster.put(try LiveCluster.pod("web-7d9c-x", "10.0.0.1", metadata: owner), at: 0)
        let first = cluster.publish(at: 0)
        #expect(first.snapshot.workload(of: try first.entry("10.0.0.1").number) == Workload(kind: "ReplicaSet", name: "web-7d9c"))
        for namespace in ["shop", "other"] {
            cluster.identity.noteOwner(
                Workload(kind: "Deployment", name: "web"), ofKind: "ReplicaSet", ObjectName(namespace: namespace, name: "web-7d9c"),
                at: LiveCluster.time(0))
        }
        let isDue = cluster.identity.hasChanges
        #expect(isDue)
        let second = cluster.publish(at: 0)
        #expect(second.snapshot.workload(of: try second.entry("10.0.0.1").number) == Workload(kind: "Deployment", name: "web"))
        #expect(second.snapshot.workload(of: .world) == nil)
        let isDueStill = cluster.identity.hasChanges
        #expect(!isDueStill)
    }

    @Test("An address of a pod's own word is its own only where nobody else has it, and so many are listened to")
    func furtherNetworks() throws {
        func status(_ addresses: [String]) -> String {
            ", annotations: {k8s.v1.cni.cncf.io/network-status: '[{\"ips\":[\(addresses.map { "\"\($0)\"" }.joined(separator: ","))]}]'}"
        }
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("db", "10.0.0.1", start: -3600, metadata: status(["172.16.0.9", "10.0.0.2"])), at: 0)
        cluster.put(try LiveCluster.pod("web", "10.0.0.2", start: -60), at: 0)
        cluster.put(try LiveCluster.pod("greedy", "10.0.0.3", metadata: status((0..<200).map { "11.0.0.\($0)" })), at: 0)
        let table = cluster.publish(at: 0)
        #expect(try table.name("172.16.0.9") == "shop/db")
        #expect(try table.name("10.0.0.2") == "shop/web")
        #expect(try table.name("11.0.0.5") == "shop/greedy" && table.name("11.0.0.150") == "reserved:world/")
    }
}
