import Foundation
import Support
import Testing

/// The rules for Prometheus in `alerts/`.
@Suite("Rules for Prometheus")
struct AlertRulesTests {
    /// What there must be an alert for: Weir's own health, and the four kinds of traffic.
    private static let alerts: Set<String> = [
        "WeirTargetDown", "WeirNoExporters", "WeirExporterSilent", "WeirExportDatagramsLost", "WeirKernelDrops", "WeirTemplatesMissing",
        "WeirDecodeErrors", "WeirUnknownSampling", "WeirExporterAddressShared", "WeirPairBudgetReached", "WeirKubernetesWatchStale",
        "WeirBaselineLearning", "WeirNotificationsFailed", "WeirNotificationsDropped",
        "WeirTrafficSpike", "WeirPacketsDropped", "WeirNetworkCongested", "WeirUnexpectedPair",
    ]

    @Test("promtool accepts the rules", arguments: RuleFile.files)
    func check(file: URL) async throws {
        let run = try await ChildProcess.run("promtool", ["check", "rules", file.path])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("Each alert fires when it should, and stays silent on the near miss, to promtool", arguments: RuleFile.tests)
    func rules(file: URL) async throws {
        let run = try await ChildProcess.run("promtool", ["test", "rules", file.path], within: 300)
        #expect(run.status == 0, "\(run.output.prefix(3000))\(run.errors)")
    }

    @Test("Every alert is tested with a time at which it fires, one at which it is silent, and each of its signals")
    func coverage() throws {
        let checks = try RuleTestFile.checks()
        for (name, rule) in try RuleFile.alerts() {
            let labels = (rule.labels ?? [:]).filter { $0.key == "signal" || $0.key == "severity" }
            let fires = checks.contains { check in
                check.alertname == name && check.alerts.contains { alert in labels.allSatisfy { alert.labels[$0.key] == $0.value } }
            }
            #expect(fires, "\(name) \(labels) never fires in alerts/tests")
            #expect(checks.contains { $0.alertname == name && $0.alerts.isEmpty }, "\(name) is never silent in alerts/tests")
        }
    }

    @Test("There is an alert for everything that should have one")
    func complete() throws {
        #expect(RuleFile.files.map(\.lastPathComponent) == ["weir-health.rules.yaml", "weir-traffic.rules.yaml"])
        #expect(try Set(RuleFile.alerts().map(\.name)) == Self.alerts)
    }

    @Test("Each alert has a severity, a summary, a description with the value, and a section in the runbooks")
    func words() throws {
        let sections = try Runbooks.sections()
        for (name, rule) in try RuleFile.alerts() {
            let annotations = rule.annotations ?? [:]
            #expect(["critical", "warning", "info"].contains(rule.labels?["severity"]), "\(name)")
            #expect(annotations["summary"]?.isEmpty == false, "\(name)")
            #expect(annotations["description"]?.contains("{{ $value") == true, "\(name)")
            let url = try #require(annotations["runbook_url"].flatMap { URL(string: $0) }, "\(name)")
            #expect(url.absoluteString.hasPrefix("https://weir.example.org/docs/runbooks.md#"), "\(name)")
            #expect(url.fragment == name.lowercased(), "\(name)")
            let section = try #require(sections[name], "\(name) has no section in docs/runbooks.md")
            for part in ["**It means**", "**Look**", "**Do**"] { #expect(section.contains(part), "\(name): \(part)") }
        }
    }

    @Test("Every window is at least four times the largest active timeout")
    func windows() throws {
        var windows = 0
        for rule in try RuleFile.rules() {
            for window in PromQLText(rule.expr).windows {
                windows += 1
                #expect((window ?? 0) >= PromQLText.leastWindow, "\(rule.alert ?? rule.record ?? "")")
            }
        }
        #expect(windows > 20)
    }
}
