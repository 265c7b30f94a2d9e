import ConfigurationFile
import Detection
import Foundation
import Support
import Testing

import WeirService

@Suite("Rules over captures")
struct RulesOverCapturesTests {
    private func configuration(trustingMarks: Bool = false) throws -> WeirConfiguration {
        var configuration = WeirConfiguration()
        configuration.identity.file = SharedFiles.captures.appending(path: "pods.json").path
        guard trustingMarks else { return configuration }
        let text = "exporters: [{ address: 127.0.0.1, trust_drop_marks: true }]"
        configuration.exporters = try WeirConfiguration.read(try ConfigurationFile(text: text, name: "weir.yaml")).exporters
        return configuration
    }

    private func run(_ capture: String, trustingMarks: Bool = false, baseline: Baseline? = nil) throws -> CaptureFindings {
        var rules = CaptureRules(
            captures: [SharedFiles.captures.appending(path: "\(capture).pcap").path], configuration: try configuration(trustingMarks: trustingMarks))
        rules.baseline = baseline
        return try RulesOverCaptures.run(rules)
    }

    private func fired(_ findings: CaptureFindings) -> Set<String> {
        Set(findings.fired.map { "\($0.alert.rule) \($0.alert.labels["source_workload"] ?? "")" })
    }

    @Test("The scan of closed ports is found by its flags, and nothing else fires where all edges are known")
    func scan() throws {
        let known = try run("ovs-netflow5").baseline
        #expect(known.edges.count > 10)
        let findings = try run("ovs-netflow5", baseline: known)
        #expect(fired(findings) == ["NetworkScan nightly-scan"])
        #expect(findings.text.contains("60 of 62 connections failed"))
        #expect(findings.json.contains("\"source_workload\" : \"nightly-scan\""))
    }

    @Test("An edge that the baseline lacks is told of, and it alone", arguments: ["ovs-ipfix-bridge", "ovs-ipfix-flow"])
    func edges(_ capture: String) throws {
        var known = try run(capture).baseline
        let before = known.edges.count
        known.edges.removeAll {
            $0.edge.source.namespace == "shop" && $0.edge.port == 5001 || $0.edge.destination.name == "cart-db" && $0.edge.port == 5001
        }
        #expect(known.edges.count < before)
        let findings = try run(capture, baseline: known)
        #expect(Set(findings.fired.map(\.alert.rule)) == ["UnexpectedTraffic"])
        #expect(findings.fired.allSatisfy { $0.alert.labels["port"] == "5001" })
    }

    @Test("Dropped flows are found where the marks are trusted, and only there")
    func drops() throws {
        let known = try run("ovs-sflow").baseline
        let found = try run("ovs-sflow", trustingMarks: true, baseline: known)
        #expect(Set(fired(found)) == ["PacketsDropped nightly-scan"])
        let details = found.fired.compactMap(\.alert.evidence).flatMap(\.details)
        #expect(details.contains { $0.hasPrefix("Dropped packets of the last minutes by reason: unknown ") }, "\(details)")
        #expect(fired(try run("ovs-sflow", baseline: known)).isEmpty)
    }
}
