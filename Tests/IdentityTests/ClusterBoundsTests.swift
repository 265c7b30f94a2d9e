import FlowModel
import Identity
import KubernetesObjects
import Testing

@Suite("What the cluster's objects can make the table hold")
struct ClusterBoundsTests {
    private static func address(_ number: Int) -> String { "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)" }

    private static func slice(_ addresses: Range<Int>) -> String {
        let endpoints = addresses.map { #"{"addresses": ["\#(address($0))"]}"# }.joined(separator: ",")
        let metadata = #"{"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}"#
        return #"{"kind": "EndpointSlice", "metadata": \#(metadata), "ports": [{"port": 8080}], "endpoints": [\#(endpoints)]}"#
    }

    @Test("Of a Service's addresses, and of a slice's backends behind them, so many are kept; what is left out is counted")
    func links() throws {
        var cluster = LiveCluster(grace: 10)
        let external = (0..<70).map { #""198.51.100.\#($0)""# }.joined(separator: ",")
        try cluster.put(
            #"{"kind": "Service", "metadata": {"name": "web", "namespace": "shop"},"#
                + #" "spec": {"clusterIPs": ["172.30.0.80"], "externalIPs": [\#(external), "198.51.100.0"], "ports": [{"port": 80}]}}"#, at: 0)
        let service = cluster.publish(at: 0)
        #expect(try service.name("172.30.0.80") == "shop/service:web" && service.name("198.51.100.62") == "shop/service:web")
        #expect(try service.name("198.51.100.63") == "reserved:world/")
        #expect(service.snapshot.leftOut == 7)
        try cluster.put(Self.slice(1..<2001), at: 1)
        let table = cluster.publish(at: 1)
        #expect(table.snapshot.leftOut == 7 + 2000 * 64 - 65_536)
        let web = try TransportAddress("172.30.0.80:80")
        #expect(table.snapshot.isBackend(try TransportAddress("\(Self.address(1024)):8080"), of: web))
        #expect(!table.snapshot.isBackend(try TransportAddress("\(Self.address(1025)):8080")))
        cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: "web-1"), at: LiveCluster.time(2))
        let after = cluster.publish(at: 13)
        #expect(try !after.entry("172.30.0.80").hasBackends && !after.entry(Self.address(1)).isServiceBackend)
        #expect(!after.snapshot.isBackend(try TransportAddress("\(Self.address(1)):8080")))
    }

    @Test("Of those that had an address, the last 32 are remembered, and the others' endpoints are given up")
    func pastOwners() throws {
        func status(_ ip: String) -> String { ", annotations: {k8s.v1.cni.cncf.io/network-status: '[{\"ips\":[\"\(ip)\"]}]'}" }
        var cluster = LiveCluster(grace: 1000)
        for step in 0..<100 {
            cluster.put(try LiveCluster.pod("p\(step)", metadata: status("172.16.0.9")), at: Double(step))
            cluster.remove("p\(step)", at: Double(step) + 0.5)
        }
        let table = cluster.publish(at: 100)
        #expect(table.snapshot.leftOut == 68)
        #expect(table.snapshot.endpointCount == 32)
        #expect(try table.name("172.16.0.9", at: 99.25) == "shop/p99" && table.name("172.16.0.9", at: 68.25) == "shop/p68")
        #expect(try table.name("172.16.0.9", at: 60) == "reserved:world/")
        cluster.put(try LiveCluster.pod("p", metadata: status("172.16.0.9")), at: 101)
        #expect(try cluster.publish(at: 101).name("172.16.0.9") == "shop/p", "whoever has it stays")
        #expect(cluster.publish(at: 1200).snapshot.endpointCount == 1)
    }

    @Test("Where no pods may be listed, those that slices name are waited for no longer than the slices name them")
    func doubts() throws {
        var cluster = LiveCluster()
        for step in 0..<100 {
            try cluster.put(
                """
                kind: EndpointSlice
                metadata: {name: web-1, namespace: shop}
                endpoints: [{addresses: [192.0.2.1], targetRef: {kind: Pod, name: a\(step)}}, {addresses: [192.0.2.2], targetRef: {kind: Pod, name: b}}]
                """, at: Double(step))
        }
        let inDoubt = cluster.identity.podsInDoubt
        #expect(inDoubt == 2)
        cluster.identity.removeEndpointSlice(ObjectName(namespace: "shop", name: "web-1"), at: LiveCluster.time(100))
        let inDoubtStill = cluster.identity.podsInDoubt
        #expect(inDoubtStill == 0)
    }
}
