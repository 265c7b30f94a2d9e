import Foundation
import Simulator
import Support
import Testing

@Suite("weir demo")
struct DemoCommandTests {
    @Test("It shows pods by name, told of in four protocols, says that the rules have been fed, and ends cleanly on Ctrl-C")
    func shows() async throws {
        let demo = try await RunningDemo()
        try await waitUntil("pods of the shop that four protocols tell of", within: 120) {
            let metrics = try await demo.get("/metrics")
            let isNamed = metrics.contains(
                /weir_flow_bytes_total\{source_namespace="shop",source_pod="frontend-[a-z0-9-]+",destination_namespace="shop"/)
            return isNamed
                && ["ipfix", "netflow9", "netflow5", "sflow5"].allSatisfy { text in
                    metrics.split(separator: "\n").contains {
                        $0.hasPrefix("weir_exporter_records_total") && $0.contains("protocol=\"\(text)\"") && !$0.hasSuffix(" 0")
                    }
                }
        }
        let metrics = try await demo.get("/metrics")
        #expect(metrics.contains("weir_exporter_sampling_rate{exporter=\"node-5\",protocol=\"netflow9\",source=\"options\"} 100"))
        #expect(try await demo.get("/").contains("the rules have been fed its fourteen days"))
        #expect(demo.process.standardOutput.contains("Next: spike, in "))
        demo.process.send(SIGINT)
        #expect(try await demo.process.exitStatus() == 0)
        #expect(demo.process.standardOutput.contains("The demo is over."))
    }

    @Test("Prometheus and Alertmanager run beside it, and end with it; what would have been recorded yesterday is there")
    func beside() async throws {
        let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "alerts")
        let arguments = ["--with-prometheus", "--prometheus", "127.0.0.1:0", "--alertmanager", "127.0.0.1:0"]
        let demo = try await RunningDemo(arguments + ["--alerts", "prometheus", "--rules", rules.path])
        let prometheus = try #require(demo.address(of: "Prometheus"))
        let alertmanager = try #require(demo.address(of: "Alertmanager"))
        func ask(_ query: String) async throws -> String {
            try await ChildProcess.run(
                "curl", ["-sS", "--max-time", "10", "-G", "http://\(prometheus)/api/v1/query", "--data-urlencode", "query=\(query)"]
            ).output
        }
        try await waitUntil("Prometheus has scraped it", within: 120) { try await ask("sum(up)").contains("\"1\"") }
        #expect(try await ask("count(namespace_pair:weir_flow_bytes:rate20m offset 1d) > 50").contains("\"value\""))
        try await waitUntil("Alertmanager answers", within: 120) { try await RunningWeir.status(of: "http://\(alertmanager)/-/ready") == 200 }
        demo.process.send(SIGTERM)
        #expect(try await demo.process.exitStatus() == 0)
        try await waitUntil("Prometheus has ended", within: 60) { try await RunningWeir.status(of: "http://\(prometheus)/-/ready") == 0 }
    }

    @Test("--list says what comes, and a name that there is not is an error with those that there are")
    func list() async throws {
        let list = try await ChildProcess.run(RunningWeir.program, ["demo", "--list"])
        #expect(list.status == 0)
        #expect(Incident.script(.weir).incidents.allSatisfy { list.output.contains("\($0.name): \($0.summary)") })
        let wrong = try await ChildProcess.run(RunningWeir.program, ["demo", "--scenario", "flood"])
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("There is no incident \"flood\"; there are spike, drops,"))
    }

    @Test("It ends after the time it was given, and says which port is in use and what to do about it")
    func ports() async throws {
        let port = try FreePort.next()
        let first = try ChildProcess(
            RunningWeir.program, ["demo", "--listen", "127.0.0.1:\(port)", "--flows", "127.0.0.1:0", "--scenario", "scan"])
        try await waitUntil("the first one runs", within: 400) { first.standardOutput.contains("Next: scan") }
        let second = try await ChildProcess.run(
            RunningWeir.program, ["demo", "--listen", "127.0.0.1:\(port)", "--flows", "127.0.0.1:0"], within: 120)
        #expect(second.status == 1)
        #expect(second.errors.contains("127.0.0.1:\(port) is in use") && second.errors.contains("--listen 127.0.0.1:PORT"))
        first.send(SIGINT)
        #expect(try await first.exitStatus(within: 120) == 0)
        let short = try await ChildProcess.run(
            RunningWeir.program, ["demo", "--listen", "127.0.0.1:0", "--flows", "127.0.0.1:0", "--for", "3s"], within: 400)
        #expect(short.status == 0 && short.output.contains("The demo is over."))
    }
}
