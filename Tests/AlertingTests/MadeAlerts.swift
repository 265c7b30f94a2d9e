import Alerting
import Detection
import FlowModel

/// Findings, reports and alerts as tests put them together.
enum Made {
    /// The time at which tests begin, and so many seconds later.
    static func at(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: 1_790_000_000_000_000_000 + Int64(seconds * 1e9)) }

    static func rule(_ name: String = "TrafficSpike", for pending: Int64 = 0, keepFiring: Int64 = 0, _ change: (inout Rule) -> Void = { _ in })
        -> Rule
    {
        var rule = Rule(name: name, kind: .spike)
        rule.pendingTime = pending * 1_000_000_000
        rule.keepFiringTime = keepFiring * 1_000_000_000
        rule.severity = .warning
        change(&rule)
        return rule
    }

    static func finding(_ namespace: String, value: Double = 2_000_000, details: [String] = []) -> Finding {
        var finding = Finding(
            labels: ["source_namespace": namespace, "destination_namespace": "db"],
            measure: Finding.Measure(value: value, expected: 100_000, limit: 400_000, unit: "bytes/s", score: 5, judge: "young"),
            words: "\(namespace) sends \(Int(value)) bytes/s to db")
        finding.details = details
        finding.history = [90_000, 110_000, .nan, value]
        finding.expectedHistory = [100_000, 100_000, 100_000, 100_000]
        return finding
    }

    static func report(_ rule: Rule, _ namespaces: [String], at seconds: Double) -> RuleReport {
        RuleReport(rule: rule, findings: namespaces.map { finding($0) }, at: at(seconds))
    }

    static func evidence(_ finding: Finding, at seconds: Double, pairs: Int = 2, flows: Int = 2) -> Evidence {
        var evidence = Evidence(finding, at: at(seconds))
        evidence.pairs = (0..<pairs).map { index in
            Evidence.PodPair(
                sourceNamespace: "shop", sourcePod: "web-\(index)", destinationNamespace: "db", destinationPod: "postgres-0", transport: "tcp",
                port: 5432,
                bytes: 1_000_000, packets: 900, shareOfChange: 0.5)
        }
        evidence.flows = (0..<flows).map { index in
            Evidence.HeavyFlow(
                source: "10.128.0.\(index)", sourcePort: 40_000, destination: "10.128.1.1", destinationPort: 5432, transport: "tcp", bytes: 500_000,
                packets: 450, start: 1_790_000_000, end: 1_790_000_010, exporter: "compute-0")
        }
        evidence.exporters = ["compute-0"]
        return evidence
    }

    /// Alerts that fire, of one rule.
    static func firing(_ namespaces: [String], rule: Rule = Made.rule(), at seconds: Double = 0) -> [Alert] {
        var book = AlertBook(maximum: 100_000)
        return book.take(report(rule, namespaces, at: seconds), now: at(seconds)).filter { $0.change == .firing }.map(\.alert)
    }
}
