import Collector
import Exporters
import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Support
import Testing
import WeirService

@Suite("collector.allow: auto")
struct AllowedSourcesTests {
    private static let nodes = """
        - kind: Node
          metadata:
            name: node-1
            annotations:
              k8s.ovn.org/node-subnets: '{"default":["10.128.2.0/23"]}'
              k8s.ovn.org/host-cidrs: '["192.168.50.11/24","172.16.0.11/24"]'
              k8s.ovn.org/node-gateway-router-lrp-ifaddr: '{"ipv4":"100.64.0.2/16"}'
          status: {addresses: [{type: InternalIP, address: 192.168.50.11}, {type: ExternalIP, address: "2001:db8::11"}]}
        """
    private static let pod = """
        - {kind: Pod, metadata: {name: a, namespace: n}, spec: {nodeName: node-1}, status: {podIP: 10.128.2.9, hostIP: 192.168.50.11}}
        """

    private func table(_ items: String...) throws -> IdentitySnapshot {
        let objects = try ObjectFile(Data("kind: List\nitems:\n\(items.joined(separator: "\n"))\n".utf8), name: "test.yaml")
        return IdentityBuilder.snapshot(of: objects, IdentityConfiguration(), registry: EndpointRegistry())
    }

    private func allows(_ filter: SourceFilter?, _ address: String) throws -> Bool { try #require(filter).allows(try #require(IPAddress(address))) }

    @Test("Every address of a node may send, and every exporter that is named, and this machine; nobody else")
    func addresses() throws {
        var allowed = AllowedSources()
        let exporters = [ExportersConfiguration.Exporter(address: try #require(IPAddress("198.51.100.7")))]
        let filter = allowed.update(.auto, exporters: exporters, identity: try table(Self.nodes, Self.pod), isComplete: true)
        for address in [
            "192.168.50.11", "172.16.0.11", "2001:db8::11", "10.128.2.1", "10.128.2.2", "100.64.0.2", "198.51.100.7", "127.0.0.1", "127.9.9.9", "::1",
        ] {
            #expect(try allows(filter, address), "\(address)")
        }
        for address in ["10.128.2.9", "10.128.2.10", "192.168.50.12", "8.8.8.8", "2001:db8::12", "169.254.169.254"] {
            #expect(try !allows(filter, address), "\(address)")
        }
        #expect(allowed.nodes == 6)
    }

    @Test("Nobody is refused before all nodes are known, where only pods tell of nodes, or where nothing is known")
    func unknown() throws {
        func filter(_ identity: IdentitySnapshot, isComplete: Bool = true) throws -> SourceFilter {
            var allowed = AllowedSources()
            let filter = allowed.update(.auto, exporters: [], identity: identity, isComplete: isComplete)
            #expect((allowed.nodes == nil) == (filter?.allowsAny ?? false))
            return try #require(filter)
        }
        #expect(try filter(try table(Self.nodes), isComplete: false).allowsAny)
        #expect(try !filter(try table(Self.nodes)).allowsAny)
        #expect(try filter(try table(Self.pod)).allowsAny)
        #expect(try filter(IdentityBuilder.snapshot(of: nil, IdentityConfiguration(), registry: EndpointRegistry())).allowsAny)
    }

    @Test("A filter is made only when something has changed that it depends on")
    func changes() throws {
        var allowed = AllowedSources()
        var exporters: [ExportersConfiguration.Exporter] = []
        func update(_ identity: IdentitySnapshot, _ allow: CollectorConfiguration.Allow = .auto) -> SourceFilter? {
            allowed.update(allow, exporters: exporters, identity: identity, isComplete: true)
        }
        let one = try table(Self.nodes)
        let two = try table(Self.nodes, Self.nodes.replacing("node-1", with: "node-2").replacing(".11", with: ".12").replacing("::11", with: "::12"))
        #expect(update(one) != nil)
        #expect(update(one) == nil)
        #expect(update(try table(Self.nodes, Self.pod)) == nil, "a pod is no node")
        #expect(try allows(update(two), "192.168.50.12"))
        let listed = update(two, .networks([try #require(IPNetwork("10.0.0.0/8"))]))
        #expect(try allows(listed, "10.1.1.1") && !allows(listed, "192.168.50.11"), "a list is that list")
        #expect(update(two, .any)?.allowsAny == true)
        #expect(try !allows(update(two), "198.51.100.7"))
        exporters = [ExportersConfiguration.Exporter(address: try #require(IPAddress("198.51.100.7")))]
        #expect(try allows(update(two), "198.51.100.7"))
    }

    @Test("Each refused source is told of once, five in a minute")
    func log() {
        var log = RefusedSourceLog()
        let start = Timestamp(seconds: 1_795_233_600)
        let sources = (1...8).map { IPAddress(v4: $0) }
        var told: [[IPAddress]] = []
        for second in [0, 30, 61, 200] as [Int64] { told.append(log.take(sources, at: start.advanced(by: second * 1_000_000_000))) }
        #expect(told == [Array(sources.prefix(5)), [], Array(sources.suffix(3)), []])
        log.forget()
        let again = log.take([sources[0]], at: start.advanced(by: 300_000_000_000))
        #expect(again == [sources[0]])
    }

    @Test("weir serve with nodes in its identity file refuses others, says so, and takes a new node up by itself")
    func serve() async throws {
        let folder = try TemporaryFolder()
        let known = "kind: List\nitems:\n" + Self.nodes + "\n"
        let file = try folder.write("nodes.yaml", known)
        // Loopback is always allowed: a second interface's address of this machine would be needed to be refused, so only the log and the page are looked at.
        let weir = try await RunningWeir(configuration: "identity: { file: \(file) }")
        #expect(weir.process.standardError.contains("\"node_addresses\":\"6\""))
        try await weir.replay("ovs-netflow5.pcap", datagrams: 15)
        try folder.write(
            "nodes.yaml", known + Self.nodes.replacing("node-1", with: "node-2").replacing(".11", with: ".12").replacing("::11", with: "::12") + "\n")
        try await waitUntil("the new node's addresses are taken up") { weir.process.standardError.contains("\"node_addresses\":\"9\"") }
    }
}
