import Foundation
import Metrics
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
    func text() throws {
        let text = exposition(.text004) { registry.write(to: &$0) }
        let (output, status) = try run(["check", "metrics"], input: text)
        #expect(status == 0, "\(output)\n\(text)")
        #expect(output.isEmpty)
    }

    @Test("OpenMetrics is accepted")
    func openMetrics() throws {
        // Only the import of old samples reads OpenMetrics, and it wants a time at each.
        let lines = exposition(.openMetrics100) { registry.write(to: &$0) }.split(separator: "\n")
        let text = lines.map { $0.hasPrefix("#") ? "\($0)\n" : "\($0) 1700000000\n" }.joined()
        let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "weir-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "exposition")
        try Data(text.utf8).write(to: file)
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", file.path, directory.appending(path: "blocks").path]
        let (output, status) = try run(arguments, input: "")
        #expect(status == 0, "\(output)\n\(text)")

        try Data(text.replacing("# EOF\n", with: "").utf8).write(to: file)
        #expect(try run(arguments, input: "").status != 0)
    }

    private func run(_ arguments: [String], input text: String) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: promtool)
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }
}

private let promtool = "/usr/bin/promtool"
