import ConfigurationFile
import Foundation
import Testing

import WeirService

@Suite("docs/configuration.md")
struct ConfigurationDocumentTests {
    /// A row of the document's tables: `| key | default | values | meaning |`.
    private struct Row {
        let key: String
        let defaultValue: String
        let meaning: String
    }

    private let text: String

    init() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: repository.appending(path: "docs/configuration.md"), encoding: .utf8)
    }

    private func read(_ text: String) throws -> WeirConfiguration {
        try WeirConfiguration.read(try ConfigurationFile(text: text, name: "weir.yaml"))
    }

    private var rows: [Row] {
        text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: " | ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "| ")) }
            guard line.hasPrefix("| `"), cells.count == 4 else { return nil }
            return Row(key: cells[0].replacing("`", with: ""), defaultValue: cells[1], meaning: cells[3])
        }
    }

    private var examples: [String] {
        text.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    /// `a.b` with its value as YAML; in `exporters[].name` the list gets one entry, with what else an entry must have.
    private func yaml(_ key: String, _ value: String) -> String {
        let required = [
            "exporters": ["address": "192.0.2.1"], "networks": ["name": "a", "cidrs": "[192.0.2.0/24]"], "alertmanagers": ["url": "http://192.0.2.1"],
        ]
        let parts = key.split(separator: ".").map(String.init)
        if parts.count == 3, parts[1].hasSuffix("[]") { return "\(parts[0]): { \(yaml(parts[1...].joined(separator: "."), value)) }" }
        if parts.count == 3 { return "\(parts[0]): { \(parts[1]): { \(parts[2]): \(value) } }" }
        guard parts.count == 2 else { return "\(key): \(value)" }
        guard parts[0].hasSuffix("[]") else { return "\(parts[0]): { \(parts[1]): \(value) }" }
        let list = String(parts[0].dropLast(2))
        let entry = (required[list] ?? [:]).merging([parts[1]: value]) { _, new in new }
        return "\(list): [{ \(entry.map { "\($0.key): \($0.value)" }.joined(separator: ", ")) }]"
    }

    @Test("The first example is what a configuration without keys stands for, as Weir itself says it")
    func defaults() throws {
        #expect(examples.first == WeirConfiguration().describe())
    }

    @Test("Every example is accepted")
    func accepted() throws {
        #expect(examples.count >= 2)
        for example in examples { _ = try read(example) }
    }

    @Test("Every default in a table is the real one: to write it changes nothing")
    func statedDefaults() throws {
        for row in rows where row.defaultValue.hasPrefix("`") {
            let value = row.defaultValue.replacing("`", with: "")
            let stated = try read(yaml(row.key, value))
            let entry = row.key.contains("[]") ? try read(yaml(row.key, "null")) : WeirConfiguration()
            #expect(stated == entry, "\(row.key)")
        }
    }

    @Test("The keys with a footnote are those that hold only after a restart")
    func restart() throws {
        var other = try read(try #require(examples.last))
        other.collector.listenTCP = []
        other.collector.threads = 3
        other.collector.receiveBuffer = 4096
        other.collector.scope = .node
        other.collector.node = "node-0"
        other.kubernetes.mode = .disabled
        other.kubernetes.kubeconfig = "kubeconfig"
        other.kubernetes.namespaces = ["shop"]
        other.kubernetes.syncTimeout = 0
        other.identity.labels.labels = [.zone]
        other.identity.labels.podLabels = ["team"]
        other.identity.labels.servicePorts = [53...53]
        other.identity.labels.namespaces.include = ["shop"]
        other.identity.labels.namespaces.exclude = ["test-*"]
        other.detection.scope = .part
        other.detection.horizon = 120_000_000_000
        other.detection.maxSeries = 100
        other.web.listen = ":0"
        other.web.probeListen = ":0"
        other.web.configFile = "web.yml"
        #expect(rows.filter { $0.meaning.hasSuffix("¹") }.map(\.key) == other.changesNeedingRestart(from: WeirConfiguration()))
    }

    @Test("The tables hold every key that is accepted, and no other")
    func keys() throws {
        let sections = Set(rows.compactMap { row in row.key.lastIndex(of: ".").map { String(row.key[..<$0]) } })
        // Whatever a section takes, it names when it is asked for a key it does not have.
        var taken: Set<String> = []
        for section in [""] + sections {
            let text = section.isEmpty ? "qqqqqqqq: 1" : yaml("\(section).qqqqqqqq", "1")
            let error = try #require(throws: ConfigurationError.self) { try read(text) }
            let list = try #require(
                error.problems.map(\.message).compactMap { $0.components(separatedBy: "the keys here are ").dropFirst().first }.first)
            for key in list.dropLast().components(separatedBy: ", ") { taken.insert(section.isEmpty ? key : "\(section).\(key)") }
        }
        // A section's own name is in the tables only through its keys.
        let documented = Set(rows.map(\.key))
        #expect(documented.count == rows.count)
        let names = Set(sections.map { $0.replacing("[]", with: "") })
        #expect(documented.subtracting(taken) == [])
        #expect(taken.subtracting(documented).subtracting(names) == [])
        #expect(names.subtracting(taken) == [])
    }
}
