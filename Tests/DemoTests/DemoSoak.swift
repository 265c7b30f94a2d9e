import Foundation
import Simulator
import Support
import Testing

/// `make soak`: a round of the script in real time beside a real Prometheus and Alertmanager, told by Weir and, beside it, by the rules in `alerts/`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["WEIR_SOAK_DEMO"] != nil))
struct DemoSoak {
    /// An alert as Alertmanager had it; seconds since the script began.
    private struct Seen {
        var labels: [String: String]
        var arrived: Int64
        var resolved: Int64?

        var name: String { labels["alertname"] ?? "" }

        func matches(_ alert: Incident.Alert) -> Bool {
            name == alert.name && alert.labels.allSatisfy { labels[$0.key] == $0.value }
        }
    }

    private struct Answer: Decodable {
        var labels: [String: String]
    }

    @Test("Each incident reaches Alertmanager within its stated time, and is over within it; nothing else fires", arguments: Incident.Teller.allCases)
    func script(teller: Incident.Teller) async throws {
        let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "alerts")
        let demo = try await RunningDemo([
            "--with-prometheus", "--prometheus", "127.0.0.1:0", "--alertmanager", "127.0.0.1:0", "--alerts", teller.rawValue, "--rules", rules.path,
        ])
        let alertmanager = try #require(demo.address(of: "Alertmanager"))
        let scenario = Scenario(teller)
        let round = scenario.occurrences(until: scenario.loop - 1)
        let seconds = max(3600, round.map { $0.end + $0.incident.resolved }.max() ?? 0)
        var seen: [Seen] = []
        var now: Int64 = 0
        while now < seconds {
            try await ContinuousClock().sleep(for: .seconds(3))
            now = Int64(Date().timeIntervalSince1970) - demo.began
            let text = try await ChildProcess.run("curl", ["-sS", "--max-time", "10", "http://\(alertmanager)/api/v2/alerts"]).output
            // It may be busy for a moment.
            guard let alerts = try? JSONDecoder().decode([Answer].self, from: Data(text.utf8)) else { continue }
            for place in seen.indices where seen[place].resolved == nil && !alerts.contains(where: { $0.labels == seen[place].labels }) {
                seen[place].resolved = now
            }
            for alert in alerts where !seen.contains(where: { $0.resolved == nil && $0.labels == alert.labels }) {
                seen.append(Seen(labels: alert.labels, arrived: now))
            }
        }
        demo.process.send(SIGINT)
        #expect(try await demo.process.exitStatus() == 0)
        print(Self.table(seen, scenario, until: seconds, teller))
        check(seen, scenario, until: seconds)
    }

    /// The alerts of an incident's occurrence.
    private static func found(_ alert: Incident.Alert, _ occurrence: Scenario.Occurrence, _ seen: [Seen], _ loop: Int64) -> [Seen] {
        seen.filter { $0.matches(alert) && ($0.arrived >= occurrence.start) && $0.arrived < occurrence.start + loop }
    }

    private func check(_ seen: [Seen], _ scenario: Scenario, until seconds: Int64) {
        var others = seen
        for occurrence in scenario.occurrences(until: seconds) {
            for alert in occurrence.incident.alerts {
                let found = Self.found(alert, occurrence, seen, scenario.loop)
                others.removeAll { one in found.contains { $0.arrived == one.arrived && $0.labels == one.labels } }
                guard occurrence.end + occurrence.incident.resolved <= seconds else { continue }
                #expect(found.count == 1, "\(occurrence.incident.name): \(alert.name) came \(found.count) times")
                for one in found {
                    #expect(one.arrived - occurrence.start <= occurrence.incident.told, "\(occurrence.incident.name): \(alert.name) came late")
                    let over = one.resolved.map { $0 - occurrence.end <= occurrence.incident.resolved } ?? false
                    #expect(over, "\(occurrence.incident.name): \(alert.name) was not resolved in time")
                }
            }
        }
        #expect(others.isEmpty, "something else fired: \(others.map(\.labels))")
    }

    private static func table(_ seen: [Seen], _ scenario: Scenario, until seconds: Int64, _ teller: Incident.Teller) -> String {
        var lines = ["", "told by \(teller.rawValue)", "incident     alert                 stated  arrived  resolved stated  resolved"]
        func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
        var others = seen
        for occurrence in scenario.occurrences(until: seconds) {
            for alert in occurrence.incident.alerts {
                let found = found(alert, occurrence, seen, scenario.loop)
                others.removeAll { one in found.contains { $0.arrived == one.arrived && $0.labels == one.labels } }
                let arrived = found.first.map { "\($0.arrived - occurrence.start) s" } ?? "-"
                let resolved = found.first?.resolved.map { "\($0 - occurrence.end) s" } ?? "-"
                lines.append(
                    pad(occurrence.incident.name, 13) + pad(alert.name, 22) + pad("\(occurrence.incident.told) s", 8) + pad(arrived, 9)
                        + pad("\(occurrence.incident.resolved) s", 17) + resolved)
            }
        }
        lines += others.map { "also         \($0.name) at \($0.arrived) s: \($0.labels)" }
        return lines.joined(separator: "\n")
    }
}
