import Foundation
import Identity
import Support
import Testing

import WeirService

/// The labels of `metrics.labels`, through the whole line.
@Suite struct LabelsTests {
    private static let pods = SharedFiles.captures.appending(path: "pods.json").path

    /// What `weir decode --output metrics` says of a capture.
    private func counted(_ capture: String, _ configuration: String, in folder: TemporaryFolder) async throws -> Exposition {
        let file = try folder.write("weir.yaml", configuration)
        let run = try await ChildProcess.run(
            RunningWeir.program, ["decode", SharedFiles.captures.appending(path: capture).path, "--output", "metrics", "--config", file])
        #expect(run.status == 0, "\(run.errors)")
        let check = try await ChildProcess.run("promtool", ["check", "metrics"], input: run.output)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        return try Exposition(run.output)
    }

    /// Bytes of flows by the values of some labels.
    private func bytes(_ exposition: Exposition, by labels: [String]) -> [[String]: UInt64] {
        exposition.samples.filter { $0.name == "weir_flow_bytes_total" }.reduce(into: [:]) { sums, sample in
            sums[labels.map { sample.labels[$0] ?? "absent" }, default: 0] += UInt64(sample.value)
        }
    }

    private struct Row: Decodable {
        var src: String?
        var dst: String?
        var octets: UInt64?
        var proto: Int?
        var sport: Int?
        var dport: Int?
    }

    @Test("Protocol and service port divide what flows between two pods, and nothing is lost")
    func protocols() async throws {
        let names = try PodNames()
        let words = [1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"]
        let services = Set([53, 443, 5432] + Array(8070...8080))
        var expected: [[String]: UInt64] = [:]
        for row in try SharedFiles.json([Row].self, "softflowd-v9.tshark.json") {
            guard let src = row.src, let dst = row.dst, let number = row.proto, let octets = row.octets else { continue }
            let ports = [row.dport, row.sport].compactMap { $0 }
            let port = [6, 17, 132].contains(number) ? ports.first { services.contains($0) }.map(String.init) ?? "other" : ""
            let ends = names.pair(src, dst).components(separatedBy: " > ").flatMap { $0.components(separatedBy: "/") }
            expected[ends + [words[number] ?? "\(number)", port], default: 0] += octets
        }
        #expect(Set(expected.keys.map { $0[4] }) == ["0", "icmp", "icmpv6", "tcp", "udp", "sctp"] && Set(expected.keys.map { $0[5] }).count > 2)
        let folder = try TemporaryFolder()
        let exposition = try await counted(
            "softflowd-v9.pcap",
            """
            identity: { file: \(Self.pods) }
            metrics: { labels: [protocol, service_port], service_ports: [53, 443, 5432, "8070-8080"] }
            """, in: folder)
        let labels = ["source_namespace", "source_pod", "destination_namespace", "destination_pod", "protocol", "service_port"]
        #expect(bytes(exposition, by: labels) == expected)

        // The rare families have them, too, and their reason behind.
        let protocolOnly = try await counted(
            "softflowd-v9.pcap", "identity: { file: \(Self.pods) }\nmetrics: { labels: [protocol], families: [bytes, tcp_syn_records] }", in: folder)
        let sums = expected.reduce(into: [String: UInt64]()) { $0[$1.key[4], default: 0] += $1.value }
        #expect(bytes(protocolOnly, by: ["protocol"]) == Dictionary(uniqueKeysWithValues: sums.map { ([$0.key], $0.value) }))
        let resets = protocolOnly.samples.filter { $0.name == "weir_flow_tcp_syn_records_total" }
        #expect(!resets.isEmpty && resets.allSatisfy { $0.labels["protocol"] == "tcp" && $0.labels["service_port"] == nil })

        let portOnly = try await counted(
            "softflowd-v9.pcap", "identity: { file: \(Self.pods) }\nmetrics: { labels: [service_port], service_ports: [53] }", in: folder)
        #expect(Set(bytes(portOnly, by: ["service_port"]).keys) == [[""], ["53"], ["other"]])
        #expect(portOnly.sum("weir_flow_bytes_total") == Double(expected.values.reduce(0, +)))
    }

    @Test("What is folded keeps its namespace only; every line of a family has the same labels, and no two lines have the same values")
    func folded() async throws {
        let folder = try TemporaryFolder()
        let file = "identity: { file: \(Self.pods) }\nmetrics: { labels: [workload, zone, protocol, service_port], pod_labels: [tier]"
        let whole = try await counted("softflowd-v9.pcap", file + " }", in: folder)
        let part = try await counted("softflowd-v9.pcap", file + ", max_pairs: 12, namespace_share: 100% }", in: folder)
        #expect(part.sum("weir_flow_bytes_total") == whole.sum("weir_flow_bytes_total"))
        #expect(part.sum("weir_pairs") <= 12 && part.sum("weir_folded_bytes_total") > 0)
        for exposition in [whole, part] {
            let samples = exposition.samples.filter { $0.name == "weir_flow_bytes_total" }
            #expect(Set(samples.map { Set($0.labels.keys) }).count == 1)
            #expect(Set(samples.map(\.labels)).count == samples.count)
        }
        let folded = part.samples.filter { $0.name == "weir_flow_bytes_total" && $0.labels["destination_pod"] == "reserved:other" }
        let more = ["destination_workload", "destination_zone", "destination_label_tier", "source_workload", "protocol", "service_port"]
        #expect(!folded.isEmpty && folded.allSatisfy { sample in more.allSatisfy { sample.labels[$0] == "" } })
    }

    @Test("A part of what flows towards an end has one number while something counts in it; when nothing has for long, it makes room")
    func parts() throws {
        var labels = LabelsConfiguration()
        labels.labels = [.protocol, .servicePort]
        let registry = EndpointRegistry()
        let pod = registry.hold(EndpointLabels(namespace: "shop", pod: "web"))
        var parts = try #require(DestinationParts(labels, registry: registry, limit: 1000, seed: 9))
        let first = parts.number(of: pod, protocolNumber: 6, .port(443))
        let numbers = (0..<999).map { parts.number(of: pod, protocolNumber: 17, .port(UInt16($0))) }
        #expect(Set(numbers + [first, pod]).count == 1001)
        #expect(parts.number(of: pod, protocolNumber: 1, .none) == pod, "there is no more room")
        #expect((0..<999).map { parts.number(of: pod, protocolNumber: 17, .port(UInt16($0))) } == numbers)
        for _ in 0..<599 {
            #expect(parts.beginTurn().isEmpty)
            #expect(parts.number(of: pod, protocolNumber: 6, .port(443)) == first)
        }
        func isKnown(_ port: Int) -> Bool { registry.isKnown(EndpointLabels(namespace: "shop", pod: "web", more: ["udp", "\(port)"])) }
        #expect((0..<999).allSatisfy(isKnown))
        for _ in 0..<65 {
            for number in parts.beginTurn() { registry.release(number) }
            #expect(parts.number(of: pod, protocolNumber: 6, .port(443)) == first)
        }
        #expect(!(0..<999).contains(where: isKnown))
        let ping = parts.number(of: pod, protocolNumber: 1, .none)
        #expect(registry.labels(of: ping).more == ["icmp", ""] && registry.labels(of: first).more == ["tcp", "443"])

        labels.labels = [.servicePort]
        var ports = try #require(DestinationParts(labels, registry: registry, limit: 1000, seed: 9))
        #expect(ports.number(of: pod, protocolNumber: 1, .none) == pod, "it has no label of its own")
        let other = ports.number(of: pod, protocolNumber: 6, .other)
        #expect(other == ports.number(of: pod, protocolNumber: 17, .other) && registry.labels(of: other).more == ["other"])
        labels.labels = [.workload]
        let none = DestinationParts(labels, registry: registry, limit: 1000, seed: 9)
        #expect(none.map { _ in true } == nil)
    }

    /// One connection of `shared/captures/nat`.
    private struct Connection: Decodable {
        struct Leg: Decodable {
            var l3_bytes: UInt64
        }
        var client: String
        var proto: Int
        var backend: String?
        var backend_port: Int?
        var request: Leg
        var reply: Leg
    }

    private struct Truth: Decodable {
        var wanted: [Connection]
    }

    @Test("The service port is the one behind the Service, towards it and back; pods, Services and hosts show their workloads and nodes")
    func services() async throws {
        let nat = SharedFiles.captures.appending(path: "nat")
        let folder = try TemporaryFolder()
        var items: [Any] = []
        for name in ["pods", "nodes", "services", "endpointslices"] {
            let list = try JSONSerialization.jsonObject(with: Data(contentsOf: nat.appending(path: "\(name).json"))) as? [String: Any]
            items += list?["items"] as? [Any] ?? []
        }
        let data = try JSONSerialization.data(withJSONObject: ["kind": "List", "items": items])
        let file = try folder.write("identity.json", String(decoding: data, as: UTF8.self))
        let exposition = try await counted(
            "nat/nat-ipfix.pcap",
            """
            identity: { file: \(file) }
            metrics: { labels: [workload, workload_kind, node, app, protocol, service_port] }
            """, in: folder)

        // Of the connections between pods, each has its record in every format.
        let addresses = [
            "10.128.2.5": "dns-default", "10.129.2.5": "dns-default", "10.128.2.6": "shop-frontend", "10.128.2.7": "web", "10.129.2.8": "web",
            "10.129.2.9": "prometheus-k8s",
        ]
        var expected: [[String]: UInt64] = [:]
        for connection in try SharedFiles.json(Truth.self, "nat-ipfix.truth.json", in: nat).wanted {
            guard let client = addresses[connection.client], let backend = connection.backend, let server = addresses[backend] else { continue }
            let isKnown =
                (server, connection.backend_port ?? 0, connection.proto) == ("web", 8080, 6)
                || (server, connection.backend_port ?? 0, connection.proto) == ("dns-default", 5353, 17)
            let (word, port) =
                connection.proto == 1 ? ("icmp", "") : (connection.proto == 6 ? "tcp" : "udp", isKnown ? "\(connection.backend_port ?? 0)" : "other")
            expected[[client, server, word, port], default: 0] += connection.request.l3_bytes
            if connection.reply.l3_bytes > 0 { expected[[server, client, word, port], default: 0] += connection.reply.l3_bytes }
        }
        #expect(Set(expected.keys.map { $0[3] }).isSuperset(of: ["8080", "5353"]))
        let sums = bytes(exposition, by: ["source_workload", "destination_workload", "protocol", "service_port"])
        for (key, bytes) in expected { #expect(sums[key] == bytes, "\(key)") }

        func labels(_ pod: String) -> [[String]] {
            Array(
                Set(
                    exposition.samples.filter { $0.name == "weir_flow_bytes_total" && $0.labels["destination_pod"] == pod }.map { sample in
                        ["workload", "workload_kind", "node", "app"].map { sample.labels["destination_\($0)"] ?? "absent" }
                    }))
        }
        #expect(labels("web-5f6b8d7c9d-4kq7r") == [["web", "Deployment", "worker-0.ocp.example.com", "web"]])
        #expect(labels("prometheus-k8s-0") == [["prometheus-k8s", "StatefulSet", "worker-1.ocp.example.com", "prometheus"]])
        #expect(labels("worker-0.ocp.example.com") == [["", "", "worker-0.ocp.example.com", ""]])
        #expect(labels("service:web-old") == [["", "", "", "web-old"]], "nobody is behind it")
    }

    @Test("Namespaces that are left out fold into reserved:other, and sums stay true")
    func namespaces() async throws {
        let folder = try TemporaryFolder()
        let file = "identity: { file: \(Self.pods) }\n"
        let whole = try await counted("softflowd-v9.pcap", file, in: folder)
        for (filter, isTaken) in [
            ("{ exclude: [openshift-*] }", { (name: String) in !name.hasPrefix("openshift-") }),
            ("{ include: [sho?, batch], exclude: [batch] }", { $0 == "shop" }),
        ] {
            func label(_ namespace: String) -> String { namespace.hasPrefix("reserved:") || isTaken(namespace) ? namespace : "reserved:other" }
            let part = try await counted("softflowd-v9.pcap", file + "metrics: { labels: [workload], namespaces: \(filter) }", in: folder)
            let byNamespace = ["source_namespace", "destination_namespace"]
            let expected = bytes(whole, by: byNamespace).reduce(into: [[String]: UInt64]()) { $0[$1.key.map(label), default: 0] += $1.value }
            #expect(expected.keys.contains { $0.contains("reserved:other") } && expected.keys.contains { $0.contains("shop") })
            #expect(bytes(part, by: byNamespace) == expected, "\(filter)")
            let others = part.samples.filter { $0.labels["destination_namespace"] == "reserved:other" }
            #expect(
                !others.isEmpty && others.allSatisfy { $0.labels["destination_pod"] == "reserved:other" && $0.labels["destination_workload"] == "" })
            for name in ["weir_received_bytes_total", "weir_attributed_bytes_total"] { #expect(part.sum(name) == whole.sum(name)) }
        }
    }

    @Test("weir serve exposes the labels, in both formats and in the API, and a real Prometheus joins them with kube-state-metrics' own")
    func serve() async throws {
        let weir = try await RunningWeir(
            configuration: """
                identity: { file: \(Self.pods) }
                metrics:
                  birth_delay: 0s
                  labels: [workload, node, app, protocol]
                  pod_labels: [tier, "app.kubernetes.io/name"]
                  namespaces: { exclude: [openshift-pipelines] }
                """)
        try await weir.replay("softflowd-v9.pcap", datagrams: 19)
        for headers in [[], ["Accept: application/openmetrics-text; version=1.0.0"]] {
            let text = try await weir.get("/metrics?collect[]=flows", headers: headers)
            let line = try #require(text.split(separator: "\n").first { $0.contains(#"destination_pod="cart-db-0""#) && $0.contains("grafana") })
            #expect(
                line.hasPrefix(
                    #"weir_flow_bytes_total{source_namespace="openshift-monitoring",source_pod="grafana-74655dbf66-f6hjg",source_workload="grafana","#
                        + #"source_node="worker-0.ocp.example.com",source_app="grafana",source_label_tier="","#
                        + #"source_label_app_kubernetes_io_name="grafana",destination_namespace="shop",destination_pod="cart-db-0","#
                        + #"destination_workload="cart-db",destination_node="worker-1.ocp.example.com",destination_app="cart-db","#
                        + #"destination_label_tier="database",destination_label_app_kubernetes_io_name="",protocol="tcp"} "#), "\(line)")
            #expect(text.contains(#"destination_namespace="reserved:other",destination_pod="reserved:other",destination_workload="""#))
        }
        let flows = try await weir.get("/api/v1/flows?from=0&pod=cart-db-0")
        let answer = try JSONSerialization.jsonObject(with: Data(flows.utf8)) as? [String: Any]
        let ends = (answer?["data"] as? [[String: Any]] ?? []).compactMap { $0["destination"] as? [String: Any] }
        let labels = ends.first { $0["pod"] as? String == "cart-db-0" }?["labels"] as? [String: String]
        #expect(labels?["workload"] == "cart-db" && labels?["label_tier"] == "database")

        // What needs a restart is said, and does not change before.
        try weir.reconfigure("identity: { file: \(Self.pods) }\nmetrics: { labels: [zone], birth_delay: 0s }")
        let reload = try await weir.request("/-/reload", ["-X", "POST"])
        #expect(reload.status == 200 && reload.body.contains("metrics.labels") && reload.body.contains("metrics.namespaces.exclude"))
        #expect(try await weir.get("/metrics?collect[]=flows").contains(#"source_workload="grafana""#))

        let prometheus = try await RunningPrometheus(target: weir.web)
        try await waitUntil("Prometheus has the counters") {
            try await prometheus.query(#"sum by (destination_workload) (weir_flow_bytes_total{destination_app="cart-db"})"#).keys.first
                == ["destination_workload": "cart-db"]
        }
    }

    // MARK: The document's queries

    /// Those of docs/metrics.md, in their order.
    private func queries() throws -> [String] {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: repository.appending(path: "docs/metrics.md"), encoding: .utf8).components(separatedBy: "```promql\n")
            .dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }.flatMap { $0.components(separatedBy: "\n\n") }
    }

    @Test("The document's queries mean what it says of them, to a real promtool")
    func documented() async throws {
        func flow(_ source: String, _ destination: String, _ bytes: Int) -> String {
            func labels(_ side: String, _ pod: String) -> String {
                let zone = pod == "db-0" ? "b" : "a"
                return #"\#(side)_namespace="shop",\#(side)_pod="\#(pod)",\#(side)_workload="\#(pod.prefix { $0 != "-" })",\#(side)_zone="\#(zone)""#
            }
            // A counter that grows by so many bytes in each 10 s; the scraper's own labels are Weir's.
            return """
                      - series: 'weir_flow_bytes_total{namespace="weir",pod="weir-0",\(labels("source", source)),\(labels("destination", destination))}'
                        values: '0+\(bytes * 10)x200'

                """
        }
        // What is said of each query, in the order in which they stand: part of the query, and what it answers.
        let expectations = [
            ("label_team", [("{label_team=\"blue\"}", 70), ("{label_team=\"red\"}", 5)]),
            (
                "owner_name",
                [
                    ("{namespace=\"shop\",owner_kind=\"ReplicaSet\",owner_name=\"web-7d9c\"}", 72),
                    ("{namespace=\"shop\",owner_kind=\"StatefulSet\",owner_name=\"db\"}", 5),
                ]
            ),
            (
                "source_zone",
                [("{source_workload=\"db\",destination_workload=\"web\"}", 5), ("{source_workload=\"web\",destination_workload=\"db\"}", 70)]
            ),
            ("source_namespace, destination_namespace", [("{source_namespace=\"shop\",destination_namespace=\"shop\"}", 77)]),
        ]
        let queries = try queries()
        var tests = ""
        for (part, samples) in expectations {
            let query = try #require(queries.first { $0.contains(part) })
            tests +=
                "      - expr: |\n" + query.split(separator: "\n").map { "          \($0)\n" }.joined()
                + "        eval_time: 30m\n        exp_samples:\n"
            for (labels, value) in samples { tests += "          - { labels: '\(labels)', value: \(value) }\n" }
        }
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "join.yaml",
            """
            tests:
              - interval: 10s
                input_series:
            \(flow("web-0", "db-0", 70))\(flow("db-0", "web-0", 5))\(flow("web-0", "web-1", 2))\
                  - { series: 'kube_pod_labels{namespace="shop",pod="db-0",label_team="blue"}', values: '1x200' }
                  - { series: 'kube_pod_labels{namespace="shop",pod="web-0",label_team="red"}', values: '1x200' }
                  - { series: 'kube_pod_owner{namespace="shop",pod="db-0",owner_kind="StatefulSet",owner_name="db",owner_is_controller="true"}', values: '1x200' }
                  - { series: 'kube_pod_owner{namespace="shop",pod="web-0",owner_kind="ReplicaSet",owner_name="web-7d9c",owner_is_controller="true"}', values: '1x200' }
                promql_expr_test:
            \(tests)
            """)
        let run = try await ChildProcess.run("promtool", ["test", "rules", file])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
