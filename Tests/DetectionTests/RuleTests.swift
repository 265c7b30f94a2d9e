import ConfigurationFile
import Foundation
import Support
import Testing

import Detection

@Suite("Rules as they are written")
struct RuleTests {
    private func rules(_ text: String) throws(ConfigurationError) -> [Rule] {
        try ConfigurationFile(text: text, name: "rules.yaml").decode { Rule.list(from: $0) }
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try rules(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("A kind is written as the configuration has it")
    func kinds() {
        #expect(Rule.Kind(rawValue: "connection_failures") == .connectionFailures)
    }

    @Test("The issue's own example lands where it belongs")
    func example() throws {
        let rule = try #require(
            try rules(
                """
                rules:
                  - alert: TrafficSpike
                    kind: spike
                    of: bytes
                    by: [source_namespace, source_workload, destination_namespace, destination_workload]
                    where: { destination_namespace: "shop-*", source_namespace: "!monitoring" }
                    floor: 1MB/s
                    sensitivity: medium
                    for: 30s
                    keep_firing_for: 2m
                    severity: warning
                    labels: { team: shop }
                    annotations: { summary: "{{ $labels.source_workload }} at {{ $value | humanize }}" }
                """
            ).first)
        #expect(rule.name == "TrafficSpike" && rule.kind == .spike && rule.by == Rule.SeriesLabel.allCases)
        #expect(rule.pendingTime == 30_000_000_000 && rule.keepFiringTime == 120_000_000_000 && rule.severity == .warning)
        #expect(rule.filter.destinationNamespace.texts == ["shop-*"] && rule.filter.sourceNamespace.texts == ["!monitoring"])
        var settings = Rule.ChangeSettings()
        settings.floor = 1_000_000
        #expect(rule.settings == .spike(settings))
        #expect(rule.labels == ["team": "shop"])
    }

    @Test("Floors and thresholds have units, those of what is measured")
    func units() throws {
        let read = try rules(
            """
            rules:
              - { alert: A, kind: threshold, of: packets, above: 100 packets/s }
              - { alert: B, kind: threshold, of: bytes, above: 100Mbit/s }
              - { alert: C, kind: threshold, of: tcp_syn_records, above: 0.5/s }
              - { alert: D, kind: silence, of: dropped_packets, floor: 2 packets/s, sensitivity: 1.5, detector: both }
              - { alert: E, kind: drops, share: 5%, minimum: 3 packets/s, window: 30s }
            """)
        func above(_ index: Int) -> Double? {
            if case .threshold(let settings) = read[index].settings { return settings.above }
            return nil
        }
        #expect(above(0) == 100 && above(1) == 12_500_000 && above(2) == 0.5)
        #expect(read[3].detector == .both)
        guard case .silence(let silence) = read[3].settings, case .drops(let drops) = read[4].settings else {
            Issue.record("kinds")
            return
        }
        #expect(silence.floor == 2 && silence.sensitivity == .score(1.5))
        #expect(drops.share == 0.05 && drops.minimum == 3 && drops.window == 30_000_000_000)
    }

    @Test("Every mistake is told with its line and key")
    func mistakes() {
        #expect(
            problems(
                """
                rules:
                  - { alert: A, kind: spyke }
                  - alert: B
                    kind: spike
                    floor: 100 packets/s
                    fur: 30s
                    share: 1%
                    sensitivity: extreme
                  - { alert: B, kind: threshold, of: packets }
                  - { kind: scan, by: [source_namespace] }
                  - alert: D
                    kind: threshold
                    of: packets
                    above: 100
                    labels: { severity: page, source_namespace: x, 1st: y }
                    annotations: { summary: "{{ $labels" }
                  - { alert: E, kind: exporter }
                  - { alert: F, kind: unexpected, allow: [{}, { port: 0 }, { protocol: tpc }] }
                  - { alert: G, kind: drops, where: { source_namespace: "!", app: x } }
                """
            ).map { $0.replacing("rules.yaml:", with: "") } == [
                "2: rules[0].kind: \"spyke\" is not one of spike, silence, drops, congestion, unexpected, scan, connection_failures, threshold, exporter (did you mean spike?)",
                "5: rules[1].floor: \"100 packets/s\" is not a rate (try 10MB/s, 100Mbit/s)",
                "6: rules[1].fur: there is no such key (did you mean for?)",
                "7: rules[1].share: there is no such key (the keys here are alert, annotations, by, detector, floor, for, keep_firing_for, kind, labels, of, sensitivity, severity, where)",
                "8: rules[1].sensitivity: \"extreme\" is not one of low, medium, high, or a number (try low, medium, high, 1, 0.5)",
                "9: rules[2].above: is missing: it must be a rate",
                "9: rules[2].alert: \"B\" is there twice, first as rules[1].alert",
                "10: rules[3].alert: is missing: it must be a name",
                "10: rules[3].by: there is no such key (the keys here are alert, annotations, destinations, for, keep_firing_for, kind, labels, ports, severity, where)",
                "14: rules[4].above: \"100\" has no unit (try 100 packets/s)",
                "15: rules[4].labels.1st: is not a label's name (letters, digits and underscores, no digit first, not __)",
                "15: rules[4].labels.severity: is a label that Weir sets itself; write the key severity beside alert",
                "15: rules[4].labels.source_namespace: is a label that Weir sets itself; choose another name",
                "16: rules[4].annotations.summary: is not a template that can be filled in: character 1: {{ is never closed by }}",
                "17: rules[5].problem: is missing: it must be one of silent, losing, missing_templates, unknown_sampling, clock_off",
                "18: rules[6].allow[0].source: and destination, protocol and port are all absent, so that everything would be allowed",
                "18: rules[6].allow[1].port: \"0\" is not within 1 to 65535",
                "18: rules[6].allow[2].protocol: \"tpc\" is not a protocol (try tcp, udp, icmp, icmpv6, sctp, 47)",
                "19: rules[7].where.source_namespace: \"!\" names nothing behind the ! (try \"!monitoring\")",
                "19: rules[7].where.app: there is no such key (the keys here are destination_app, destination_namespace, destination_workload, source_app, source_namespace, source_workload)",
            ])
    }

    @Test("The built-in rules are read without a mistake, and have the severities that are promised")
    func builtIn() throws {
        #expect(try rules(BuiltInRules.yaml) == BuiltInRules.rules)
        let severities = Dictionary(BuiltInRules.rules.map { ($0.kind, $0.severity) }) { first, _ in first }
        for kind in [Rule.Kind.silence, .scan, .unexpected, .connectionFailures] { #expect(severities[kind] == .info) }
        for kind in [Rule.Kind.drops, .congestion, .spike] { #expect(severities[kind] == .warning) }
        #expect(BuiltInRules.rules.count { $0.kind == .exporter } == 5)
    }

    @Test("A rule of a built-in rule's name takes its place, and a name in disabled_rules switches one off")
    func overriding() throws {
        let configuration = try ConfigurationFile(
            text: """
                rules:
                  - { alert: TrafficSpike, kind: spike, floor: 7MB/s }
                  - { alert: Mine, kind: scan }
                disabled_rules: [NetworkScan]
                """, name: "weir.yaml"
        ).decode(DetectionConfiguration.init(from:))
        let names = configuration.rules.map(\.name)
        #expect(names.filter { $0 == "TrafficSpike" }.count == 1 && names.contains("Mine") && !names.contains("NetworkScan"))
        #expect(configuration.rules.first { $0.name == "TrafficSpike" } == configuration.ownRules.first)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile(text: "disabled_rules: [NetworkScam]", name: "weir.yaml").decode(DetectionConfiguration.init(from:))
        }
    }

    @Test("Rules files are found by patterns from the file's folder, and their mistakes are told with their own names and lines")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("b.rules.yaml", "rules:\n  - { alert: B, kind: scan }\n")
        try folder.write("a.rules.yaml", "rules:\n  - { alert: A, kind: scan }\n")
        let path = try folder.write("weir.yaml", "rules_files: [\"*.rules.yaml\"]\n")
        let configuration = try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:))
        #expect(configuration.fileRules.map(\.name) == ["A", "B"])
        try folder.write("c.rules.yaml", "rules:\n  - { alert: A, kind: scan }\n  - { alert: C, kind: skan }\n")
        #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:)) }
        do {
            _ = try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:))
        } catch {
            #expect(error.problems.map(\.description).contains { $0.hasPrefix("\(folder.path("c.rules.yaml")):3: rules[1].kind: ") })
        }
        try folder.write("weir.yaml", "rules_files: [none.yaml]\n")
        do {
            _ = try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:))
        } catch {
            #expect(error.problems.first?.message == "there is no such file: \(folder.path("none.yaml"))")
        }
        // A folder that isn't there has no rules; one that cannot be read may have some.
        try folder.write("weir.yaml", "rules_files: [none/*.yaml]\n")
        #expect(try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:)).fileRules.isEmpty)
        try FileManager.default.createSymbolicLink(atPath: folder.path("loop"), withDestinationPath: "loop")
        for name in ["*.yaml", "own.yaml"] {
            try folder.write("weir.yaml", "rules_files: [\"loop/\(name)\"]\n")
            do {
                _ = try ConfigurationFile(path: path).decode(DetectionConfiguration.init(from:))
                Issue.record("a folder that cannot be read was taken for an empty one")
            } catch {
                #expect(error.problems.first?.message.hasPrefix("cannot look for \(folder.path("loop"))/\(name): ") == true)
            }
        }
    }

    @Test("A configuration says its rules so that they can be read again")
    func describing() throws {
        var configuration = DetectionConfiguration()
        configuration.ownRules =
            BuiltInRules.rules
            + (try rules(
                """
                rules:
                  - { alert: S, kind: silence, of: packets, floor: 2.5 packets/s, sensitivity: 3, detector: record, by: [destination_workload] }
                  - { alert: T, kind: threshold, of: bytes, above: 1GB/s, window: 5m, where: { source_app: [a, "!b"], destination_app: "c*" } }
                  - alert: U
                    kind: unexpected
                    learn: 7d
                    allow:
                      - { source: { namespace: shop, workload: "a*" }, destination: { network: corp, app: x }, protocol: [tcp, 47], port: [80, 8000-8100] }
                    labels: { team: "a: b" }
                    annotations: { summary: "{{ $value }}" }
                """))
        var text = ConfigurationText()
        configuration.describe(in: &text)
        #expect(try ConfigurationFile(text: text.yaml, name: "weir.yaml").decode(DetectionConfiguration.init(from:)) == configuration)
    }
}

@Suite("docs/rules.md")
struct RulesDocumentTests {
    private let text: String

    init() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: repository.appending(path: "docs/rules.md"), encoding: .utf8)
    }

    private var examples: [String] {
        text.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    @Test("The last example is the built-in rules, word for word")
    func builtIn() {
        #expect(examples.last == BuiltInRules.yaml)
    }

    @Test("Every example of a rule can be read")
    func read() throws {
        let rules = examples.filter { $0.hasPrefix("- alert") }
        #expect(rules.count >= 8)
        for example in rules {
            let text = "rules:\n" + example.split(separator: "\n").map { "  \($0)\n" }.joined()
            #expect(try ConfigurationFile(text: text, name: "example").decode { Rule.list(from: $0) }.count == 1)
        }
    }

    @Test("The example of a baseline can be read")
    func baseline() throws {
        let example = try #require(examples.first { $0.hasPrefix("learned_since") })
        #expect(try BaselineText.baseline(example, name: "example").edges.first?.isApproved == true)
    }
}
