import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Support
import Testing

@Suite("Whose address it is")
struct LookupTests {
    @Test("The captures' pods own their addresses of both families, and tell their nodes'")
    func pods() throws {
        let objects = try ObjectFile(path: SharedFiles.captures.appending(path: "pods.json").path)
        let registry = EndpointRegistry()
        let snapshot = IdentityBuilder.snapshot(of: objects, IdentityConfiguration(), registry: registry)
        func labels(_ address: String) throws -> EndpointLabels { registry.labels(of: snapshot.lookup(try #require(IPAddress(address))).number) }
        for address in ["10.128.2.5", "fd01:0:0:2::5"] {
            #expect(try labels(address) == EndpointLabels(namespace: "openshift-monitoring", pod: "prometheus-k8s-0"))
        }
        let node = EndpointLabels(namespace: "reserved:host", pod: "worker-1.ocp.example.com")
        #expect(try labels("192.168.126.12") == node, "of a pod on the host network, and of its neighbours' hostIP")
        #expect(try labels("8.8.8.8") == EndpointLabels(namespace: "reserved:world", pod: ""))
        #expect(snapshot.nodeCount == 2)
        #expect(snapshot.lookup(.unspecified) == .world)
    }

    @Test("A node owns the addresses of its status and of OVN-Kubernetes' annotations")
    func nodes() throws {
        let cluster = try TestIdentity.ofCaptures()
        for address in ["192.168.126.11", "10.128.2.1", "10.128.2.2", "100.64.0.2"] {
            #expect(try cluster.name(address) == "reserved:host/worker-0.ocp.example.com", "\(address)")
            #expect(try cluster.entry(address).hasBridgePort == (address == "10.128.2.2"), "\(address): only ovn-k8s-mp0 is a port of the bridge")
        }
        #expect(try cluster.node("100.64.0.3") == "worker-1.ocp.example.com")
        #expect(try cluster.name("10.128.3.77") == "reserved:unmanaged/")
        #expect(try cluster.node("10.128.3.77") == "worker-0.ocp.example.com", "an address that a node's subnet has and nobody owns is there")
        #expect(try cluster.name("10.128.4.1") == "reserved:world/")
        #expect(try cluster.name("192.168.126.200") == "reserved:world/")
    }

    @Test("Annotations of every shape are read, and next hops are not the host's")
    func annotations() throws {
        let cluster = try TestIdentity(
            documents:
                """
                kind: Node
                metadata:
                  name: a
                  annotations:
                    k8s.ovn.org/node-subnets: '{"default":["10.128.2.0/23","fd01:0:0:2::/64"]}'
                    k8s.ovn.org/l3-gateway-config: '{"default":{"mode":"shared","ip-addresses":["192.0.2.11/24","2001:db8::11/64"],"ip-address":"192.0.2.11/24","next-hops":["192.0.2.1"],"next-hop":"192.0.2.1","node-port-enable":"true","vlan-id":"0"}}'
                    k8s.ovn.org/host-cidrs: '["192.0.2.11/24","198.51.100.11/24"]'
                    k8s.ovn.org/node-gateway-router-lrp-ifaddrs: '{"default":{"ipv4":"100.64.0.2/16","ipv6":"fd98::2/64"}}'
                    k8s.ovn.org/host-addresses: 'this is no JSON'
                status: { addresses: [{type: Hostname, address: a}, {type: InternalDNS, address: a.example.com}, {type: ExternalIP, address: 203.0.113.5}] }
                """)
        let own = [
            "192.0.2.11", "2001:db8::11", "198.51.100.11", "100.64.0.2", "fd98::2", "10.128.2.1", "10.128.2.2", "fd01:0:0:2::1", "fd01:0:0:2::2",
            "203.0.113.5",
        ]
        for address in own { #expect(try cluster.name(address) == "reserved:host/a", "\(address)") }
        #expect(try cluster.entry("fd01:0:0:2::2").hasBridgePort)
        #expect(try cluster.name("192.0.2.1") == "reserved:world/")
        #expect(try cluster.name("fd01:0:0:2::abcd") == "reserved:unmanaged/")
    }

    @Test("The addresses of the transit switch, of Calico's and of Cilium's annotations are the host's; a masquerade subnet is a host's, whichever")
    func furtherAnnotations() throws {
        let cluster = try TestIdentity(
            documents:
                """
                kind: Node
                metadata:
                  name: a
                  annotations:
                    k8s.ovn.org/node-subnets: '{"default":["10.128.2.0/23"]}'
                    k8s.ovn.org/node-transit-switch-port-ifaddr: '{"ipv4":"100.88.0.2/16","ipv6":"fd97::2/64"}'
                    k8s.ovn.org/node-masquerade-subnet: '{"ipv4":"100.70.0.0/17","ipv6":"fd70::/112"}'
                    projectcalico.org/IPv4Address: 192.0.2.12/24
                    projectcalico.org/IPv6Address: 2001:db8::12/64
                    projectcalico.org/IPv4IPIPTunnelAddr: 10.1.0.1
                    projectcalico.org/IPv4VXLANTunnelAddr: 10.1.0.2
                    projectcalico.org/IPv6VXLANTunnelAddr: "fd00:1::2"
                    network.cilium.io/ipv4-cilium-host: 10.1.0.3
                    network.cilium.io/ipv6-cilium-host: "fd00:1::3"
                """)
        let own = ["100.88.0.2", "fd97::2", "192.0.2.12", "2001:db8::12", "10.1.0.1", "10.1.0.2", "fd00:1::2", "10.1.0.3", "fd00:1::3"]
        for address in own { #expect(try cluster.name(address) == "reserved:host/a", "\(address)") }
        for address in ["100.70.0.2", "fd70::2"] { #expect(try cluster.name(address) == "reserved:host/", "\(address)") }
    }

    @Test("A pod that has ended owns no address; the one that came after it does")
    func endedPods() throws {
        let cluster = try TestIdentity(
            documents:
                """
                kind: PodList
                items:
                - metadata: {name: nightly-1, namespace: batch}
                  status: {phase: Succeeded, podIP: 10.0.0.1}
                - metadata: {name: nightly-2, namespace: batch}
                  status: {phase: Failed, podIP: 10.0.0.2}
                - metadata: {name: web, namespace: shop}
                  status: {phase: Running, podIP: 10.0.0.1, startTime: "2026-11-20T08:00:05Z"}
                - metadata: {name: stale, namespace: shop}
                  status: {phase: Running, podIP: 10.0.0.3, startTime: "2026-11-20T08:00:05Z"}
                - metadata: {name: fresh, namespace: shop}
                  status: {phase: Running, podIP: 10.0.0.3, startTime: "2026-11-20T08:00:06Z"}
                """)
        #expect(try cluster.name("10.0.0.1") == "shop/web")
        #expect(try cluster.name("10.0.0.2") == "reserved:world/")
        #expect(try cluster.name("10.0.0.3") == "shop/fresh", "of two that claim it, the one that started later")
    }

    @Test("A pod on the host network goes by its node, and by its own name at the ports it declares")
    func hostNetwork() throws {
        let cluster = try TestIdentity(
            documents:
                """
                kind: Pod
                metadata: {name: exporter-x, namespace: monitoring}
                spec:
                  nodeName: a
                  hostNetwork: true
                  containers: [{ports: [{containerPort: 9100, hostPort: 9100}]}, {ports: [{containerPort: 53, protocol: UDP}]}]
                status: {phase: Running, podIP: 192.0.2.11, hostIP: 192.0.2.11}
                """)
        let address = try #require(IPAddress("192.0.2.11"))
        #expect(try cluster.name("192.0.2.11") == "reserved:host/a")
        #expect(try cluster.entry("192.0.2.11").kind == .host)
        #expect(cluster.name(cluster.snapshot.lookup(address, port: 9100, protocolNumber: 6, at: .unknown, seenOn: nil)) == "monitoring/exporter-x")
        #expect(cluster.name(cluster.snapshot.lookup(address, port: 53, protocolNumber: 17, at: .unknown, seenOn: nil)) == "monitoring/exporter-x")
        #expect(cluster.name(cluster.snapshot.lookup(address, port: 53, protocolNumber: 6, at: .unknown, seenOn: nil)) == "reserved:host/a")
        #expect(!cluster.snapshot.lookup(address, port: 9100, protocolNumber: 6, at: .unknown, seenOn: nil).hasBridgePort)
    }

    @Test("A pod owns the addresses of its further networks, unless somebody owns them in the cluster's")
    func secondaryNetworks() throws {
        let cluster = try TestIdentity(
            documents:
                #"""
                kind: PodList
                items:
                - metadata:
                    name: db
                    namespace: shop
                    annotations:
                      k8s.v1.cni.cncf.io/network-status: '[{"name":"ovn-kubernetes","ips":["10.0.0.1"],"default":true},{"name":"shop/storage","ips":["172.16.0.9","10.0.0.2"]}]'
                  status: {podIP: 10.0.0.1}
                - metadata: {name: web, namespace: shop, annotations: {k8s.v1.cni.cncf.io/network-status: broken}}
                  status: {podIP: 10.0.0.2}
                """#)
        #expect(try cluster.name("172.16.0.9") == "shop/db")
        #expect(try cluster.name("10.0.0.2") == "shop/web")
    }

    @Test("Every address of a Service is the Service")
    func services() throws {
        let cluster = try TestIdentity(
            documents:
                """
                kind: ServiceList
                items:
                - metadata: {name: web, namespace: shop}
                  spec: {clusterIP: 172.30.0.80, clusterIPs: [172.30.0.80, "fd02::80"], externalIPs: [198.51.100.7], ports: [{port: 80}]}
                  status: {loadBalancer: {ingress: [{ip: 203.0.113.9}, {hostname: web.example.org}]}}
                - metadata: {name: db, namespace: shop}
                  spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
                - metadata: {name: elsewhere, namespace: shop}
                  spec: {type: ExternalName, externalName: db.example.org}
                """)
        for address in ["172.30.0.80", "fd02::80", "198.51.100.7", "203.0.113.9"] {
            #expect(try cluster.name(address) == "shop/service:web", "\(address)")
            #expect(try cluster.entry(address).kind == .service)
            #expect(try !cluster.entry(address).hasBackends)
        }
        #expect(cluster.snapshot.endpointCount == 1, "a Service without an address is no end")
    }

    private func network(_ name: String, _ cidrs: String...) -> IdentityConfiguration.Network {
        IdentityConfiguration.Network(name: name, cidrs: cidrs.compactMap { IPNetwork($0) })
    }

    @Test("The longest prefix names an address that nobody owns")
    func longestPrefix() throws {
        var configuration = IdentityConfiguration()
        configuration.networks = [
            network("internet", "0.0.0.0/0"), network("corp", "192.0.2.0/24", "2001:db8::/32"), network("printers", "192.0.2.64/26"),
            network("desk", "192.0.2.77/32"), network("last", "255.255.255.255/32"), network("old-pods", "10.128.0.0/14"),
        ]
        configuration.clusterNetworks = ["10.128.0.0/14", "10.132.0.0/14", "fd01::/48"].compactMap { IPNetwork($0) }
        let cluster = try TestIdentity(documents: "{kind: Pod, metadata: {name: p, namespace: n}, status: {podIP: 192.0.2.78}}", configuration)
        let expected = [
            "192.0.2.1": "reserved:network/corp", "192.0.2.63": "reserved:network/corp", "192.0.2.64": "reserved:network/printers",
            "192.0.2.77": "reserved:network/desk", "192.0.2.78": "n/p", "192.0.2.79": "reserved:network/printers",
            "192.0.2.128": "reserved:network/corp", "192.0.3.0": "reserved:network/internet", "0.0.0.1": "reserved:network/internet",
            "255.255.255.254": "reserved:network/internet", "255.255.255.255": "reserved:network/last", "2001:db8::9": "reserved:network/corp",
            "2001:db9::": "reserved:world/", "10.130.0.1": "reserved:network/old-pods", "10.133.0.1": "reserved:unmanaged/",
            "fd01:0:0:ffff::1": "reserved:unmanaged/", "fd01:0:1::": "reserved:world/",
        ]
        for (address, name) in expected { #expect(try cluster.name(address) == name, "\(address)") }
    }

    @Test("Every IPv6 address is in ::/0, and no IPv4 address is")
    func families() throws {
        var configuration = IdentityConfiguration()
        configuration.networks = [network("six", "::/0")]
        let cluster = try TestIdentity(documents: "{kind: Node, metadata: {name: a}}", configuration)
        for address in ["::1", "::fffe:ffff:ffff", "0:0:0:0:0:0:0:1", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            #expect(try cluster.name(address) == "reserved:network/six", "\(address)")
        }
        for address in ["0.0.0.0", "10.0.0.1", "255.255.255.255"] { #expect(try cluster.name(address) == "reserved:world/", "\(address)") }
    }

    @Test("Networks by binary search are those by trying each prefix")
    func networksAgainstReference() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            var configuration = IdentityConfiguration()
            for index in 0..<20 {
                let address = IPAddress(v4: UInt32(truncatingIfNeeded: random.next()) & 0xFF00_FFFF)
                let network = IPNetwork(containing: address, bits: 96 + Int(random.next() % 33))
                guard !configuration.networks.contains(where: { $0.cidrs == [network] }) else { continue }
                configuration.networks.append(.init(name: "n\(index)", cidrs: [network]))
            }
            let cluster = try TestIdentity(documents: "{kind: Node, metadata: {name: a}}", configuration)
            for network in configuration.networks {
                for offset in [-1, 0, 1] as [Int64] {
                    let address = IPAddress(v4: UInt32(truncatingIfNeeded: Int64(network.cidrs[0].address.v4 ?? 0) + offset))
                    let best = configuration.networks.filter { $0.cidrs[0].contains(address) }.max { $0.cidrs[0].bits < $1.cidrs[0].bits }
                    #expect(cluster.name(cluster.snapshot.lookup(address)) == best.map { "reserved:network/\($0.name)" } ?? "reserved:world/")
                }
            }
        }
    }

    @Test("A table of many addresses finds each of them")
    func manyAddresses() throws {
        let pods = (0..<5000).map { "{metadata: {name: p\($0), namespace: n}, status: {podIP: 10.\($0 / 250).\($0 % 250).7}}" }
        let cluster = try TestIdentity(documents: "{kind: PodList, items: [\(pods.joined(separator: ", "))]}")
        for index in stride(from: 0, to: 5000, by: 7) {
            #expect(try cluster.name("10.\(index / 250).\(index % 250).7") == "n/p\(index)")
            #expect(try cluster.entry("10.\(index / 250).\(index % 250).8").kind == .world)
        }
    }

    @Test("A node keeps its number in the table that is built after another")
    func nodeNumbers() throws {
        func objects(_ names: String...) throws -> ObjectFile {
            try ObjectFile(Data("{kind: NodeList, items: [\(names.map { "{metadata: {name: \($0)}}" }.joined(separator: ", "))]}".utf8), name: "")
        }
        let registry = EndpointRegistry()
        let first = IdentityBuilder.snapshot(of: try objects("a", "b", "c"), IdentityConfiguration(), registry: registry)
        let second = IdentityBuilder.snapshot(of: try objects("d", "c", "b"), IdentityConfiguration(), registry: registry, after: first)
        for name in ["b", "c"] { #expect(second.node(named: name) == first.node(named: name)) }
        #expect(second.node(named: "a") == nil)
        let added = try #require(second.node(named: "d"))
        #expect(first.name(of: added) == nil, "a number that meant another node just now is not given again yet")
        let third = IdentityBuilder.snapshot(of: try objects("b", "d", "e"), IdentityConfiguration(), registry: registry, after: second)
        #expect(third.node(named: "e") == first.node(named: "a"))
        #expect(third.node(named: "e").flatMap { third.name(of: $0) } == "e")
    }
}
