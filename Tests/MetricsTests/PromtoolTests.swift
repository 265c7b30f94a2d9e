import Foundation
import Metrics
import Support
import Testing

@Suite("What Prometheus' own tool says", .enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
struct PromtoolTests {
    private let registry: Registry

    init() {
        registry = Registry()
        registry.collectProcess()
        let refused = registry.family(Counter.self, "weir_refused_datagrams_total", help: "Refused \"datagrams\" \\ \n.", labels: ["reason"])
        refused["a \"quoted\"\\ \n reason"].add(3)
        refused[""].add()
        registry.metric(Gauge.self, "weir_exporter_clock_offset_seconds", help: "Offset.", unit: "seconds").set(-.infinity)
        registry.collect { writer in
            writer.family("weir_flow_bytes_total", type: .counter, help: "Bytes.", unit: "bytes")
            let source = LabelText(["source_namespace": "shop", "source_pod": "front-1"])
            let destination = LabelText(["destination_namespace": "reserved:world", "destination_pod": ""])
            writer.sample(source, destination, value: .max)
            writer.created(source, destination, seconds: 1_700_000_000.125)
            writer.sample(destination, source, value: 0)
            writer.created(destination, source, seconds: 1_700_000_000)
        }
    }

    @Test("The text is accepted, and nothing in it is frowned upon")
    func text() async throws {
        let text = exposition(.text004) { registry.write(to: &$0) }
        let (output, status) = try await run(["check", "metrics"], input: text)
        #expect(status == 0, "\(output)\n\(text)")
        #expect(output.isEmpty)
    }

    @Test("OpenMetrics is accepted")
    func openMetrics() async throws {
        // Only the import of old samples reads OpenMetrics, and it wants a time at each.
        let lines = exposition(.openMetrics100) { registry.write(to: &$0) }.split(separator: "\n")
        let text = lines.map { $0.hasPrefix("#") ? "\($0)\n" : "\($0) 1700000000\n" }.joined()
        let folder = try TemporaryFolder()
        let file = try folder.write("exposition", text)
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", file, folder.path("blocks")]
        let (output, status) = try await run(arguments, input: "")
        #expect(status == 0, "\(output)\n\(text)")

        try folder.write("exposition", text.replacing("# EOF\n", with: ""))
        #expect(try await run(arguments, input: "").status != 0)
    }

    private func run(_ arguments: [String], input: String) async throws -> (output: String, status: Int32) {
        let run = try await ChildProcess.run(promtool, arguments, input: input)
        return (run.output + run.errors, run.status)
    }
}

private let promtool = "/usr/bin/promtool"
