import FlowModel
import Identity
import Testing

@Suite("What stands behind a Service")
struct ServiceTests {
    private static let pods = """
        kind: PodList
        items:
        - metadata: {name: web-1, namespace: shop, labels: {app: web, tier: front}}
          spec: {containers: [{ports: [{name: http, containerPort: 8080}, {name: http, containerPort: 8081, protocol: UDP}]}]}
          status: {podIPs: [{ip: 10.0.0.1}, {ip: "fd01::1"}]}
        - metadata: {name: web-2, namespace: shop, labels: {app: web, tier: front}}
          spec: {containers: [{ports: [{name: http, containerPort: 9090}]}]}
          status: {podIP: 10.0.0.2}
        - metadata: {name: web-3, namespace: shop, labels: {app: web, tier: back}}
          status: {podIP: 10.0.0.3}
        - metadata: {name: web-4, namespace: other, labels: {app: web, tier: front}}
          status: {podIP: 10.0.0.4}
        - metadata: {name: web-5, namespace: shop, labels: {app: web, tier: front}}
          status: {podIP: 10.0.0.5, phase: Succeeded}
        """

    private func service(_ ports: String, selector: String = "{app: web, tier: front}") -> String {
        """

        ---
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {clusterIPs: [172.30.0.80, "fd02::80"], externalIPs: [198.51.100.7], selector: \(selector), ports: \(ports)}

        """
    }

    private func isBackend(_ cluster: TestIdentity, _ backend: String, _ service: String, _ protocolNumber: UInt8 = 6) throws -> Bool {
        cluster.snapshot.isBackend(
            try TransportAddress(backend, protocolNumber: protocolNumber), of: try TransportAddress(service, protocolNumber: protocolNumber))
    }

    @Test("Without endpoint slices the selector says it, with the target port's number, or its name in each pod")
    func selector() throws {
        let cluster = try TestIdentity(
            documents:
                Self.pods + service("[{name: a, port: 80, targetPort: http}, {name: b, port: 81, targetPort: 8080}, {name: c, port: 82}]"))
        #expect(try isBackend(cluster, "10.0.0.1:8080", "172.30.0.80:80"))
        #expect(try isBackend(cluster, "10.0.0.2:9090", "172.30.0.80:80"), "the name means another number there")
        #expect(try !isBackend(cluster, "10.0.0.2:8080", "172.30.0.80:80"))
        #expect(try isBackend(cluster, "10.0.0.2:8080", "172.30.0.80:81"))
        #expect(try isBackend(cluster, "10.0.0.1:82", "172.30.0.80:82"), "a target port not given is the Service's")
        #expect(try isBackend(cluster, "10.0.0.1:8080", "198.51.100.7:80"))
        #expect(try isBackend(cluster, "fd01::1:8080", "fd02::80:80"), "in each address family")
        #expect(try !isBackend(cluster, "fd01::1:8080", "172.30.0.80:80"), "not across them")
        #expect(try !isBackend(cluster, "10.0.0.1:8080", "172.30.0.80:80", 17), "the Service's port is TCP's")
        for (address, isOne) in ["10.0.0.1": true, "10.0.0.2": true, "10.0.0.3": false, "10.0.0.4": false, "10.0.0.5": false] {
            #expect(try cluster.entry(address).isServiceBackend == isOne, "\(address)")
        }
        #expect(try cluster.entry("172.30.0.80").hasBackends)
    }

    @Test("Endpoint slices say it where there are any, also those that are not ready")
    func slices() throws {
        let cluster = try TestIdentity(
            documents:
                Self.pods + service("[{name: http, port: 80, targetPort: http}, {name: metrics, port: 81}]") + """
                    ---
                    kind: EndpointSlice
                    addressType: IPv4
                    metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
                    ports: [{name: http, port: 8443}, {name: metrics, port: 9100}]
                    endpoints:
                    - {addresses: [10.0.0.3], conditions: {ready: false, terminating: true}}
                    - {addresses: [192.0.2.50]}
                    """)
        #expect(try isBackend(cluster, "10.0.0.3:8443", "172.30.0.80:80"))
        #expect(try isBackend(cluster, "10.0.0.3:9100", "172.30.0.80:81"))
        #expect(try !isBackend(cluster, "10.0.0.3:9100", "172.30.0.80:80"))
        #expect(try !isBackend(cluster, "10.0.0.1:8080", "172.30.0.80:80"), "the selector is not asked")
        #expect(try cluster.entry("192.0.2.50").isServiceBackend, "a backend outside the cluster")
        #expect(try cluster.name("192.0.2.50") == "reserved:world/")
        #expect(cluster.snapshot.isBackend(try TransportAddress("10.0.0.3:8443")))
        #expect(!cluster.snapshot.isBackend(try TransportAddress("10.0.0.3:40000")), "a connection that the pod began itself")
    }

    @Test("A Service that selects everything or nothing has no backends of its own")
    func noSelector() throws {
        let cluster = try TestIdentity(documents: Self.pods + service("[{port: 80}]", selector: "{}"))
        #expect(try !cluster.entry("172.30.0.80").hasBackends)
        #expect(try !cluster.entry("10.0.0.1").isServiceBackend)
    }

    @Test("The captures' Services have the backends that their slices say, and by their selectors the same")
    func captures() throws {
        for cluster in [try TestIdentity.ofCaptures(), try TestIdentity.ofCaptures(["pods", "nodes", "services"])] {
            for backend in ["10.128.2.7:8080", "10.129.2.8:8080"] { #expect(try isBackend(cluster, backend, "172.30.0.80:80")) }
            #expect(try isBackend(cluster, "10.128.2.5:5353", "172.30.0.53:53", 17))
            #expect(try cluster.entry("172.30.0.80").hasBackends)
            #expect(try !cluster.entry("172.30.0.99").hasBackends)
        }
    }
}
