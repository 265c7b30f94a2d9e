import Foundation
import Support
import Testing

@Suite("/api/v1/endpoints, and the page's part on identities", .serialized) struct EndpointsTests {
    private struct Answer<Content: Decodable>: Decodable {
        var data: Content
    }

    private struct Owner: Decodable, Equatable {
        var kind: String
        var namespace: String
        var pod: String
        var name: String
        var node: String?
        var workload: String?
        var workload_kind: String?
        var known_by: String?
        var from: String?
        var until: String?
    }

    private struct Address: Decodable {
        var address: String
        var at: String
        var owner: Owner
        var is_past_owner: Bool
        var ownerships: [Owner]
    }

    private struct List: Decodable {
        struct Item: Decodable {
            var address: String
            var owner: Owner
        }
        var matched: Int
        var endpoints: [Item]
    }

    private func get<Content: Decodable>(_ type: Content.Type, _ weir: RunningWeir, _ query: String) async throws -> Content {
        let text = try await weir.get("/api/v1/endpoints?\(query)")
        return try JSONDecoder().decode(Answer<Content>.self, from: Data(text.utf8)).data
    }

    private static let networks = "networks: [{ name: corp, cidrs: [192.0.2.0/24] }]\n"
    private static let identity = "cluster_networks: [10.128.0.0/14]"

    @Test("An address has its owner, how that is known, and from and until when, whether a cluster or a file tells it", arguments: [false, true])
    func owners(fromFile: Bool) async throws {
        let folder = try TemporaryFolder()
        let server = try RecordedCluster.serve()
        let configuration =
            fromFile
            ? "identity: { file: \(try NATCapture.identity(folder)), \(Self.identity) }\n"
            : "identity: { \(Self.identity) }\nkubernetes: { kubeconfig: \(try RecordedCluster.kubeconfig(to: server.url, in: folder)) }\n"
        let weir = try await RunningWeir(configuration: configuration + Self.networks, folder: folder)
        try await waitUntil("the table is in use") { try await get(Address.self, weir, "address=10.128.2.7").owner.kind == "pod" }

        let pod = try await get(Address.self, weir, "address=10.128.2.7&at=2026-11-21T04:02:39.5Z")
        #expect(pod.address == "10.128.2.7" && pod.at == "2026-11-21T04:02:39.500Z" && !pod.is_past_owner)
        #expect(
            pod.owner
                == Owner(
                    kind: "pod", namespace: "shop", pod: "web-5f6b8d7c9d-4kq7r", name: "web-5f6b8d7c9d-4kq7r", node: "worker-0.ocp.example.com",
                    workload: pod.owner.workload, workload_kind: pod.owner.workload_kind, known_by: "pod",
                    from: fromFile ? nil : "2026-11-20T08:00:05.000Z"))
        #expect(pod.owner.workload?.hasPrefix("web") == true && pod.ownerships == [pod.owner])
        if !fromFile {
            let before = try await get(Address.self, weir, "address=10.128.2.7&at=1763000000")
            #expect(before.owner.kind == "unmanaged" && before.owner.known_by != nil && before.ownerships.count == 1)
        }
        for (query, kind, name, source) in [
            ("address=192.168.126.11", "host", "worker-0.ocp.example.com", "node"), ("address=192.0.2.7", "network", "corp", "network"),
            ("address=10.131.255.1", "unmanaged", "", "cluster-network"), ("address=203.0.113.9&port=443&protocol=17", "world", "", nil),
        ] as [(String, String, String, String?)] {
            let owner = try await get(Address.self, weir, query).owner
            #expect(owner.kind == kind && owner.name == name && owner.known_by == source, "\(query): \(owner)")
        }
        let services = try await get(List.self, weir, "namespace=shop&limit=10000").endpoints.filter { $0.owner.kind == "service" }
        let service = try #require(services.first { $0.owner.name == "web" })
        #expect(service.owner.pod == "service:web" && service.owner.known_by == "service")
        weir.process.send(SIGTERM)
    }

    @Test("Those that own an address now are listed by namespace, name and node")
    func list() async throws {
        let folder = try TemporaryFolder()
        let weir = try await RunningWeir(configuration: "identity: { file: \(try NATCapture.identity(folder)) }\n", folder: folder)
        let all = try await get(List.self, weir, "")
        #expect(all.matched == all.endpoints.count && all.matched > 10)
        let names = all.endpoints.map { "\($0.owner.namespace)/\($0.owner.pod) \($0.owner.kind)" }
        #expect(names == names.sorted() && names.contains("openshift-dns/dns-default-x7k2p pod"))
        let few = try await get(List.self, weir, "limit=2")
        #expect(few.matched == all.matched && few.endpoints.map(\.address) == all.endpoints.prefix(2).map(\.address))
        let pods = try await get(List.self, weir, "node=worker-0.ocp.example.com&namespace=shop")
        #expect(Set(pods.endpoints.map(\.address)) == ["10.128.2.6", "10.128.2.7"])
        #expect(try await get(List.self, weir, "pod=prometheus-k8s-0").endpoints.map(\.address) == ["10.129.2.9"])
        #expect(try await get(List.self, weir, "namespace=nowhere").matched == 0)
    }

    @Test("What is not understood is bad_data, with what was expected")
    func mistakes() async throws {
        let weir = try await RunningWeir()
        for (query, word) in [
            ("address=10.1", "IPv4 or IPv6"), ("address=10.0.0.1&at=yesterday", "RFC 3339"), ("address=10.0.0.1&port=0", "from 1 to 65535"),
            ("address=10.0.0.1&protocol=tcp", "port"), ("address=10.0.0.1&port=1&protocol=quic", "protocol"), ("at=5", "address"),
            ("limit=10001", "1 to 10000"), ("address=10.0.0.1&namespace=a", "does not go with"), ("colour=blue", "unknown"),
        ] {
            let answer = try await weir.request("/api/v1/endpoints?\(query)")
            #expect(answer.status == 400 && answer.body.contains("bad_data") && answer.body.contains(word), "\(query): \(answer)")
        }
    }

    @Test("The page says whence the names come, how each resource stands, and what is missing, escaped")
    func page() async throws {
        #expect(try await RunningWeir().get("/").contains("Nothing names the cluster's pods"))
        let folder = try TemporaryFolder()
        let file = try NATCapture.identity(folder)
        let filed = try await RunningWeir(configuration: "identity: { file: \(file) }\n", folder: folder)
        #expect(try await filed.get("/").contains("<code>\(file)</code>"))

        let server = try RecordedCluster.serve(forbidden: ["services"])
        let kubeconfig = try RecordedCluster.kubeconfig(to: server.url + "/a<b>", in: folder)
        let weir = try await RunningWeir(configuration: "kubernetes: { kubeconfig: \(kubeconfig) }\n", folder: folder)
        try await waitUntil("it is in step") { try await weir.get("/").contains("in step with it") }
        let page = try await weir.get("/")
        #expect(page.contains("<code>\(server.url)/a&lt;b&gt;</code>") && !page.contains("a<b>") && !page.contains("secret"))
        #expect(page.contains("<tr><td>pods</td><td class=\"number\">8</td>") && page.contains("<span class=\"good\">synced</span>"))
        #expect(page.contains("resources: [services], verbs: [get, list, watch]"))
        server.stop()
        try await waitUntil("it is away") { try await weir.get("/").contains("not in step with it now") }
        #expect(try await weir.get("/").contains(">away for "))
        weir.process.send(SIGTERM)
    }
}
