import Foundation
import Support
import Testing

/// Two protocols, two bridges, and both ends of the way between nodes, through the whole line.
@Suite("What several vantage points see") struct OneVantageTests {
    @Test("NetFlow, sFlow and IPFIX of the same nodes at once count as IPFIX alone")
    func allProtocols() async throws {
        let alone = try await NATCapture.metrics([NATCapture.path("nat-ipfix")]).pairs("weir_flow_bytes_total")
        let together = try await NATCapture.metrics(["nat-ipfix", "nat-netflow5", "nat-sflow"].map(NATCapture.path))
        #expect(together.sum("weir_set_aside_records_total", where: ["reason": "other_vantage"]) > 1000)
        #expect(together.sum("weir_vantage_point", where: ["part": "home", "protocol": "ipfix"]) == 2)
        for other in ["netflow5", "sflow5"] { #expect(together.sum("weir_vantage_point", where: ["part": "home", "protocol": other]) == 0) }
        #expect(together.samples.count { $0.name == "weir_vantage_point" && $0.labels["part"] == "home" } == 6)
        // What IPFIX alone reports of a minute is all that counts as long as it leads.
        #expect(together.pairs("weir_flow_bytes_total").filter { alone[$0.key] != nil } == alone)
    }

    @Test(
        "An exporter's node is told by any address of the node, by its pods' range, and before that by the configuration",
        arguments: [
            (["192.168.126.11": "10.128.2.2", "192.168.126.12": "10.129.2.77"], ""),
            (["192.168.126.11": "100.64.0.2", "192.168.126.12": "100.64.0.3"], ""),
            (
                ["192.168.126.11": "203.0.113.1", "192.168.126.12": "203.0.113.2"],
                """
                exporters:
                  - { address: 203.0.113.1, node: worker-0.ocp.example.com }
                  - { address: 203.0.113.2, node: worker-1.ocp.example.com }
                """
            ),
            (
                ["192.168.126.11": "192.168.126.12", "192.168.126.12": "192.168.126.11"],
                """
                exporters:
                  - { address: 192.168.126.11, node: worker-1.ocp.example.com }
                  - { address: 192.168.126.12, node: worker-0.ocp.example.com }
                """
            ),
        ])
    func nodes(_ addresses: [String: String], _ exporters: String) async throws {
        let folder = try TemporaryFolder()
        let capture = folder.url.appending(path: "renamed.pcap")
        try NATCapture.renamed(addresses, in: "nat-ipfix").write(to: capture)
        let counted = try await NATCapture.metrics([capture.path], exporters).pairs("weir_flow_bytes_total")
        for (pair, bytes) in try NATCapture.truth("nat-ipfix") { #expect(counted[pair] == bytes, "\(pair)") }
    }

    @Test("Exporters without a node count only what has no home at a node that exports")
    func switches() async throws {
        let folder = try TemporaryFolder()
        let capture = folder.url.appending(path: "renamed.pcap")
        try NATCapture.renamed(["192.168.126.11": "203.0.113.1", "192.168.126.12": "203.0.113.2"], in: "nat-netflow5").write(to: capture)
        let alone = try await NATCapture.metrics([NATCapture.path("nat-netflow5")]).pairs("weir_flow_bytes_total")
        let together = try await NATCapture.metrics([NATCapture.path("nat-netflow5"), capture.path])
        #expect(together.pairs("weir_flow_bytes_total") == alone)
        #expect(together.sum("weir_set_aside_records_total", where: ["reason": "other_vantage"]) == 0)
    }

    @Test("Another protocol can be preferred")
    func preferred() async throws {
        let alone = try await NATCapture.metrics([NATCapture.path("nat-sflow")]).pairs("weir_flow_bytes_total")
        let together = try await NATCapture.metrics(
            ["nat-sflow", "nat-ipfix"].map(NATCapture.path), "collector: { protocol_preference: [sflow5] }"
        ).pairs("weir_flow_bytes_total")
        #expect(together.filter { alone[$0.key] != nil } == alone)
    }

    @Test("All receive threads know which one counts")
    func threads() async throws {
        let folder = try TemporaryFolder()
        let weir = try await RunningWeir(
            configuration: """
                collector: { threads: 4 }
                identity: { file: \(try NATCapture.identity(folder)) }
                metrics: { birth_delay: 0s }
                exporters:
                  - { address: 127.0.0.2, node: worker-0.ocp.example.com }
                  - { address: 127.0.0.3, node: worker-1.ocp.example.com }
                """)
        func counted() async throws -> [String: UInt64] {
            try Exposition(await weir.get("/metrics?collect[]=flows")).pairs("weir_flow_bytes_total")
        }
        let truth = try NATCapture.truth("nat-ipfix")
        var datagrams = 160
        try await weir.replay("nat/nat-ipfix.pcap", datagrams: datagrams)
        try await waitUntil("IPFIX has been counted") {
            let counted = try await counted()
            return truth.allSatisfy { counted[$0.key] == $0.value }
        }
        for (name, more) in [("nat-netflow5", 15), ("nat-sflow", 293)] {
            datagrams += more
            try await weir.replay("nat/\(name).pcap", datagrams: datagrams)
        }
        // What waits for a Service's backend has been decided when the same records are set aside.
        try await waitUntil("the others have been set aside") {
            try Exposition(await weir.get("/metrics?collect[]=self")).sum("weir_set_aside_records_total", where: ["reason": "other_vantage"]) > 1000
        }
        let after = try await counted()
        for (pair, bytes) in truth { #expect(after[pair] == bytes, "\(pair)") }
    }

    @Test("Without de-duplication every vantage point counts")
    func disabled() async throws {
        let together = try await NATCapture.metrics(["nat-ipfix", "nat-netflow5"].map(NATCapture.path), "deduplicate: disabled")
        #expect(together.sum("weir_set_aside_records_total", where: ["reason": "other_vantage"]) == 0)
    }

    @Test("Between nodes, what was counted where packets set out and where they arrived is what the pods sent", arguments: NATCapture.names)
    func crossing(_ name: String) async throws {
        let metrics = try await NATCapture.metrics([NATCapture.path(name)])
        func pairs(_ family: String) -> [String: UInt64] {
            metrics.samples.filter { $0.name == family }.reduce(into: [:]) {
                $0["\($1.labels["source_node"] ?? "") > \($1.labels["destination_node"] ?? "")"] = UInt64($1.value)
            }
        }
        let truth = try NATCapture.crossing(name)
        #expect(truth.count == 2 && truth.values.allSatisfy { $0 > 100 })
        #expect(pairs("weir_node_sent_packets_total") == truth)
        #expect(pairs("weir_node_received_packets_total") == truth)
        #expect(metrics.sum("weir_node_intervals_total", where: ["result": "counted"]) > 0)
        #expect(metrics.sum("weir_node_intervals_total") == metrics.sum("weir_node_intervals_total", where: ["result": "counted"]))
    }

    @Test("Where export datagrams were lost nothing is said of packets between nodes", arguments: NATCapture.names)
    func lost(_ name: String) async throws {
        let folder = try TemporaryFolder()
        let capture = folder.url.appending(path: "lossy.pcap")
        try NATCapture.withoutOne(of: "192.168.126.11", in: name).write(to: capture)
        let metrics = try await NATCapture.metrics([capture.path])
        #expect(metrics.sum("weir_exporter_lost_total") > 0)
        #expect(metrics.sum("weir_node_sent_packets_total") == 0 && metrics.sum("weir_node_received_packets_total") == 0)
        #expect(metrics.sum("weir_node_intervals_total", where: ["result": "lost_records"]) > 0)
    }

    @Test("One Weir of one node says nothing of packets between nodes")
    func scope() async throws {
        let metrics = try await NATCapture.metrics(
            [NATCapture.path("nat-ipfix")], "collector: { scope: node, node: worker-0.ocp.example.com }")
        #expect(!metrics.samples.contains { $0.name.hasPrefix("weir_node_") })
    }
}
