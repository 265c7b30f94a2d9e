import Foundation
import Support
import Testing

/// Rules and alerts of `weir serve`, with the traffic of a real exporter.
@Suite("Rules and alerts of a running Weir")
struct WatchServiceTests {
    private struct Answer: Decodable {
        struct Content: Decodable { var alerts: [Alert] }

        struct Alert: Decodable {
            var labels: [String: String]
            var state: String
            var activeAt: String
        }

        var data: Content
    }

    private func alerts(_ weir: RunningWeir) async throws -> [Answer.Alert] {
        try JSONDecoder().decode(Answer.self, from: Data(await weir.get("/api/v1/alerts").utf8)).data.alerts
    }

    @Test("What flows is judged when its tick is over, told of once, and goes on firing over a restart")
    func life() async throws {
        let folder = try TemporaryFolder()
        let log = folder.path("alerts.log")
        let configuration = """
            identity: { file: \(SharedFiles.captures.appending(path: "pods.json").path) }
            detection: { interval: 1s }
            rules:
              - alert: BatchTalks
                kind: threshold
                of: bytes
                above: 1B/s
                window: 15s
                by: [source_namespace, destination_namespace]
                where: { source_namespace: batch }
                keep_firing_for: 1h
                annotations: { summary: "{{ $labels.source_namespace }} sends {{ $value | humanize }}B/s" }
            alerting: { log: \(log) }
            state: { directory: \(folder.path("state")) }
            """
        var weir = try await RunningWeir(configuration: configuration, folder: folder)
        // The tick that it started in is not whole, and is not judged.
        let start = Int(Date().timeIntervalSince1970) / 15
        try await waitUntil("a whole tick begins") { Int(Date().timeIntervalSince1970) / 15 > start }
        let sent = try await ChildProcess.run(
            RunningWeir.program,
            ["replay", SharedFiles.captures.appending(path: "ovs-sflow-1in1.pcap").path, "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "1000"])
        #expect(sent.status == 0, "\(sent.errors)")
        try await waitUntil("the rule fires", within: 120) { [weir] in
            try await alerts(weir).contains { $0.labels["alertname"] == "BatchTalks" && $0.state == "firing" }
        }
        let before = try await alerts(weir).filter { $0.labels["alertname"] == "BatchTalks" }
        #expect(before.allSatisfy { $0.labels["source_namespace"] == "batch" && $0.labels["severity"] == "warning" })
        let metrics = try Exposition(await weir.get("/metrics?collect[]=self"))
        #expect(metrics.sum("weir_detection_workload_pairs") > 0)
        #expect(metrics.sum("weir_alerts") >= Double(before.count))
        let page = try await weir.get("/alerts")
        #expect(page.contains("BatchTalks"))
        let id = try #require(page.firstMatch(of: /\/alerts\/([0-9a-f]{16})/)?.1)
        #expect(try await weir.get("/alerts/\(id)").contains("nightly-scan"))
        #expect(try await weir.get("/api/v1/rules?type=alert").contains("BatchTalks"))

        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus() == 0)
        weir = try await RunningWeir(configuration: configuration, folder: folder)
        let after = try await alerts(weir).filter { $0.labels["alertname"] == "BatchTalks" }
        // A replay over the end of a tick makes more alerts in the next one.
        for alert in before {
            #expect(after.contains { $0.labels == alert.labels && $0.activeAt == alert.activeAt && $0.state == "firing" })
        }
        weir.process.send(SIGTERM)
        _ = try await weir.process.exitStatus()
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").filter { $0.contains("\"BatchTalks\"") }
        #expect(lines.count == after.count, "each alert is told of once: \(lines)")
        #expect(lines.allSatisfy { $0.contains("\"change\":\"firing\"") })
    }

    @Test("Without rules nothing is kept for them, and there is no page of alerts")
    func without() async throws {
        let weir = try await RunningWeir(configuration: "disabled_rules: [\"*\"]")
        let metrics = try await weir.get("/metrics?collect[]=self")
        #expect(!metrics.contains("weir_detection_"))
        #expect(try await !weir.get("/").contains("/alerts"))
    }
}
