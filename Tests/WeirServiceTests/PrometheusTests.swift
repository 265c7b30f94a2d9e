import Foundation
import Support
import Testing

@Suite(.serialized) struct PrometheusTests {
    private static let pods = SharedFiles.captures.appending(path: "pods.json").path

    @Test("A real Prometheus answers who talked to whom by namespace with what the pods sent")
    func namespaces() async throws {
        let weir = try await RunningWeir(configuration: "identity: { file: \(Self.pods) }\nmetrics: { birth_delay: 0s }")
        let prometheus = try await RunningPrometheus(target: weir.web)
        try await weir.replay("softflowd-v9.pcap", datagrams: 19)
        let names = try PodNames()
        let truth = try SharedFiles.json(Truth.self, "pods-traffic.truth.json")
        var expected: [[String: String]: Double] = [:]
        for (pair, bytes) in names.bytes(truth) {
            let ends = pair.components(separatedBy: " > ").map { String($0.prefix { $0 != "/" }) }
            expected[["source_namespace": ends[0], "destination_namespace": ends[1]], default: 0] += Double(bytes)
        }
        try await waitUntil("Prometheus has the counters") {
            try await prometheus.query("sum by (source_namespace, destination_namespace) (weir_flow_bytes_total)") == expected
        }
    }

    @Test("OpenMetrics is accepted by a real Prometheus, which asks for it")
    func openMetrics() async throws {
        let weir = try await RunningWeir(
            configuration:
                "identity: { file: \(Self.pods) }\nmetrics: { birth_delay: 0s, created_samples: true, families: [bytes, packets, drops, records, tcp_syn_records, tcp_reset_records, ecn_marked_packets] }"
        )
        try await weir.replay("softflowd-v9.pcap", datagrams: 19)
        let text = try await weir.get("/metrics", headers: ["Accept: application/openmetrics-text; version=1.0.0"])
        #expect(text.hasSuffix("# EOF\n"))
        let prometheus = try await RunningPrometheus(target: weir.web)
        try await waitUntil("Prometheus scraped") { try await prometheus.query("up{job=\"weir\"}").values.first == 1 }
        try await waitUntil("Prometheus has the counters") { try await prometheus.query("sum(weir_flow_bytes_total)").values.first == 3_895_113 }
    }

    @Test("promtool accepts the output", arguments: ["flows", "interfaces", "self", ""])
    func promtool(part: String) async throws {
        let weir = try await RunningWeir(configuration: "identity: { file: \(Self.pods) }\nmetrics: { birth_delay: 0s }")
        try await weir.replay("ovs-sflow-1in1.pcap", datagrams: 213)
        let text = try await weir.get("/metrics" + (part.isEmpty ? "" : "?collect[]=\(part)"))
        let check = try await ChildProcess.run("promtool", ["check", "metrics"], input: text)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(!text.isEmpty)
    }

    @Test("Two Prometheus servers that scrape out of phase both see all bytes of a pair that sent one burst, in increase()")
    func burst() async throws {
        let weir = try await RunningWeir(configuration: "identity: { file: \(Self.pods) }\nmetrics: { birth_delay: 5s }")
        async let first = RunningPrometheus(target: weir.web, interval: 1)
        async let second = RunningPrometheus(target: weir.web, interval: 1.7)
        let servers = try await [first, second]
        // Both scrape before the burst, so that the servers' own start is no part of it.
        for server in servers { try await waitUntil("the server scrapes") { try await server.query("up").values.first == 1 } }
        try await weir.replay("softflowd-v9.pcap", datagrams: 19)
        let truth = try PodNames().bytes(SharedFiles.json(Truth.self, "pods-traffic.truth.json"))
        for server in servers {
            try await waitUntil("every pair is born", within: 40) {
                try await server.query("sum(weir_flow_bytes_total)").values.first == Double(truth.values.reduce(0, +))
            }
            // increase() extrapolates to the ends of its window: asked for at the moment of the last sample, nothing is added behind it, and nothing
            // before the first, which is 0.
            let last = try #require(try await server.query("max(timestamp(weir_flow_bytes_total))").values.first)
            let increases = try await server.query("increase(weir_flow_bytes_total[5m])", at: last)
            #expect(increases.count == truth.count)
            for (labels, bytes) in increases {
                let label = { labels[$0] ?? "" }
                let pair =
                    "\(label("source_namespace"))/\(label("source_pod")) > \(label("destination_namespace"))/\(label("destination_pod"))"
                #expect(abs(bytes - Double(truth[pair] ?? 0)) < 1e-6, "\(pair)")
            }
        }
    }
}
