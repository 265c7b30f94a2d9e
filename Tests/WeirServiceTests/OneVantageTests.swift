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
        // What IPFIX alone reports of a minute is all that counts as long as it leads.
        #expect(together.pairs("weir_flow_bytes_total").filter { alone[$0.key] != nil } == alone)
    }

    @Test("Another protocol can be preferred")
    func preferred() async throws {
        let alone = try await NATCapture.metrics([NATCapture.path("nat-sflow")]).pairs("weir_flow_bytes_total")
        let together = try await NATCapture.metrics(
            ["nat-sflow", "nat-ipfix"].map(NATCapture.path), "collector: { protocol_preference: [sflow5] }"
        ).pairs("weir_flow_bytes_total")
        #expect(together.filter { alone[$0.key] != nil } == alone)
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
