import Alerting
import Detection
import FlowModel
import Foundation
import HTTPServer
import Logging
import Metrics
import StateFile
import Support
import Testing

import WeirService

@Suite("What is shown of alerts")
struct AlertsAPITests {
    private let service: AlertingService
    private let routes: Router

    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_790_000_000 + seconds) }

    private static func rule(_ name: String, _ kind: Rule.Kind, _ change: (inout Rule) -> Void = { _ in }) -> Rule {
        var rule = Rule(name: name, kind: kind)
        rule.severity = .warning
        rule.keepFiringTime = 0
        change(&rule)
        return rule
    }

    private static let spike = rule("TrafficSpike", .spike) {
        $0.labels = ["team": "{{ $labels.source_namespace }}"]
        $0.annotations = ["runbook": "https://example.org/<a>"]
    }
    private static let drops = rule("PacketDrops", .drops) { $0.pendingTime = 30_000_000_000 }
    private static let congestion = rule("Congestion", .congestion)

    private static func finding(_ namespace: String) -> Finding {
        var finding = Finding(
            labels: ["source_namespace": namespace, "destination_namespace": "db"],
            measure: Finding.Measure(value: 2_500_000, expected: 100_000, limit: 400_000, unit: "bytes/s", score: 6.2, judge: "young"),
            words: "\(namespace) sends 2.5 MB/s to db")
        finding.history = [90_000, 110_000, .nan, 100_000, 2_500_000]
        finding.expectedHistory = [100_000, 100_000, 100_000, 100_000, 100_000]
        return finding
    }

    private static func evidence(_ finding: Finding) -> Evidence {
        var evidence = Evidence(finding, at: at(0))
        evidence.details = ["<b>bold</b> \"detail\""]
        evidence.pairs = [
            Evidence.PodPair(
                sourceNamespace: "shop", sourcePod: "web-<0>", destinationNamespace: "db", destinationPod: "postgres-0", transport: "tcp", port: 5432,
                bytes: 37_500_000, packets: 25_000, shareOfChange: 0.97)
        ]
        evidence.flows = [
            Evidence.HeavyFlow(
                source: "10.128.0.7", sourcePort: 40_000, destination: "10.128.1.1", destinationPort: 5432, transport: "tcp", bytes: 37_000_000,
                packets: 24_000, start: 1_790_000_000, end: 1_790_000_015, exporter: "compute-<0>")
        ]
        evidence.exporters = ["compute-<0>"]
        return evidence
    }

    init() {
        var configuration = AlertingConfiguration()
        configuration.log = .disabled
        service = AlertingService(
            configuration, maximumAlerts: 1000, externalURL: "https://weir.example.org", directory: nil, credentials: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        service.take(
            rules: [
                AlertRule(Self.spike, file: "built-in", query: "spike of bytes > 1MB/s"), AlertRule(Self.drops, file: "built-in"),
                AlertRule(Self.congestion, file: "/etc/weir/own.yaml", unavailable: "not detectable with this export: no interface counters, no ECN"),
            ], interval: 15_000_000_000, now: Self.at(0))
        service.take(
            [
                RuleReport(rule: Self.spike, findings: [Self.finding("shop"), Self.finding("<script>")], at: Self.at(0)),
                RuleReport(rule: Self.drops, findings: [Self.finding("shop")], at: Self.at(0)),
            ], now: Self.at(0), seconds: 0.002, evidence: Self.evidence)
        var routes = Router()
        service.addRoutes(to: &routes, now: { Self.at(60) })
        self.routes = routes
    }

    private func get(_ path: String, _ query: [HTTPRequest.Field] = []) throws -> (status: Int, body: String) {
        let answer = routes.respond(to: HTTPRequest(method: .get, path: path, query: query))
        guard case .bytes(let bytes) = answer.body else { return (answer.status, "") }
        return (answer.status, String(decoding: bytes, as: UTF8.self))
    }

    private func json(_ path: String, _ query: [HTTPRequest.Field] = []) throws -> [String: Any] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(get(path, query).body.utf8)) as? [String: Any])
        #expect(object["status"] as? String == "success")
        return try #require(object["data"] as? [String: Any])
    }

    @Test("/api/v1/alerts is Prometheus' answer")
    func alerts() throws {
        let alerts = try #require(try json("/api/v1/alerts")["alerts"] as? [[String: Any]])
        #expect(alerts.count == 3)
        let pending = try #require(alerts.first { $0["state"] as? String == "pending" })
        #expect(
            pending["labels"] as? [String: String] == [
                "alertname": "PacketDrops", "severity": "warning", "source_namespace": "shop", "destination_namespace": "db",
            ])
        #expect(pending["value"] as? String == "2.5e+06" && pending["activeAt"] as? String == "2026-09-21T14:13:20.000Z")
        #expect(Set(pending.keys) == ["labels", "annotations", "state", "activeAt", "value"])
        #expect(alerts.filter { $0["state"] as? String == "firing" }.count == 2)
    }

    @Test("/api/v1/rules is Prometheus' answer: groups by file, states, and what cannot be detected here")
    func rules() throws {
        let groups = try #require(try json("/api/v1/rules")["groups"] as? [[String: Any]])
        #expect(
            groups.map { $0["name"] as? String } == ["built-in", "own"] && groups.map { $0["file"] as? String } == ["built-in", "/etc/weir/own.yaml"])
        #expect(Set(groups[0].keys) == ["name", "file", "rules", "interval", "limit", "evaluationTime", "lastEvaluation"])
        #expect(groups[0]["interval"] as? Double == 15 && groups[0]["lastEvaluation"] as? String == "2026-09-21T14:13:20.000Z")
        let rules = try #require(groups[0]["rules"] as? [[String: Any]])
        #expect(rules.map { $0["state"] as? String } == ["firing", "pending"])
        #expect(
            Set(rules[0].keys) == [
                "state", "name", "query", "duration", "keepFiringFor", "labels", "annotations", "alerts", "health", "evaluationTime",
                "lastEvaluation", "type",
            ])
        #expect(rules[0]["query"] as? String == "spike of bytes > 1MB/s" && rules[0]["type"] as? String == "alerting")
        #expect(rules[1]["duration"] as? Double == 30 && rules[1]["health"] as? String == "ok")
        #expect((rules[0]["alerts"] as? [[String: Any]])?.count == 2)
        let own = try #require((groups[1]["rules"] as? [[String: Any]])?.first)
        #expect(own["state"] as? String == "inactive" && own["health"] as? String == "unknown")
        #expect(own["lastError"] as? String == "not detectable with this export: no interface counters, no ECN")
        #expect(own["lastEvaluation"] as? String == "0001-01-01T00:00:00Z")
    }

    @Test("Rules are asked for as Prometheus lets them be")
    func filters() throws {
        func names(_ query: [HTTPRequest.Field]) throws -> [String] {
            try #require(try json("/api/v1/rules", query)["groups"] as? [[String: Any]]).flatMap {
                ($0["rules"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            }
        }
        #expect(try names([.init("type", "alert")]) == ["TrafficSpike", "PacketDrops", "Congestion"])
        #expect(try names([.init("type", "record")]) == [])
        #expect(try names([.init("rule_name[]", "PacketDrops"), .init("rule_name[]", "None")]) == ["PacketDrops"])
        #expect(try names([.init("rule_group[]", "own")]) == ["Congestion"])
        #expect(try names([.init("file[]", "built-in")]) == ["TrafficSpike", "PacketDrops"])
        #expect(try names([.init("group_limit", "100")]).count == 3)
        #expect(try get("/api/v1/rules", [.init("type", "x")]).status == 400)
        #expect(try !get("/api/v1/rules", [.init("exclude_alerts", "true")]).body.contains("activeAt"))
    }

    @Test("An alert's page shows all there is, escaped, and the queries to go on with")
    func page() throws {
        let list = try get("/alerts").body
        #expect(list.contains("&lt;script&gt;") && !list.contains("<script>"))
        let id = try #require(list.firstMatch(of: /\/alerts\/([0-9a-f]{16})">TrafficSpike<\/a><\/td><td>[^\/]*<\/span><\/td><td>shop/)?.1)
        let (status, page) = try get("/alerts/\(id)")
        #expect(status == 200)
        for text in [
            "shop sends 2.5 MB/s to db", "2.5M bytes/s", "400k bytes/s", "young", "<svg", "class=\"expected\"", "web-&lt;0&gt;", "postgres-0",
            "tcp 5432",
            "37.5MB", "97%", "10.128.0.7", "compute-&lt;0&gt;", "&lt;b&gt;bold&lt;/b&gt;", "team=shop", "https://example.org/&lt;a&gt;",
            "source_namespace=&quot;shop&quot;", "weir_flow_bytes_total", "https://weir.example.org/alerts/\(id)", "spike of bytes &gt; 1MB/s",
        ] { #expect(page.contains(text), "\(text)") }
        for text in ["<b>bold", "<0>", "nan", "inf\""] { #expect(!page.contains(text), "\(text)") }
        #expect(page.contains("measured, in bytes/s ·") && page.contains("in bytes/s, and what was expected"))
        // A share's axis is in percent, and nothing was expected of it.
        var share = Self.finding("pay")
        share.measure = Finding.Measure(value: 0.06, limit: 0.02, unit: "ratio")
        (share.history, share.expectedHistory) = ([0, .nan, 0.04, 0.08], [])
        service.take(
            [RuleReport(rule: Self.congestion, findings: [share], at: Self.at(30))], now: Self.at(30), seconds: 0.002, evidence: Self.evidence)
        let congested = try #require(try get("/alerts").body.firstMatch(of: /\/alerts\/([0-9a-f]{16})">Congestion/)?.1)
        let sharePage = try get("/alerts/\(congested)").body
        for text in [">8%</text>", ">4%</text>", ">0%</text>", "aria-label=\"What was measured, in percent\"", "measured, in percent ·", "6%"] {
            #expect(sharePage.contains(text), "\(text)")
        }
        // The first point stands by itself.
        #expect(sharePage.matches(of: /<polyline points="([0-9.]+,[0-9.]+) \1" class="value"\/>/).count == 1)
        #expect(!sharePage.contains("expected</span>") && !sharePage.contains("> expected"))
        // An alert without anything but its words has a page, too.
        let pending = try #require(list.firstMatch(of: /\/alerts\/([0-9a-f]{16})">PacketDrops/)?.1)
        #expect(try get("/alerts/\(pending)").status == 200)
        for path in ["/alerts/0000000000000000", "/alerts/", "/alerts/x%20", "/alerts/\(id)/more"] { #expect(try get(path).status == 404, "\(path)") }
    }

    @Test("Metrics say what fires, by rule, also of rules that have nothing to say")
    func metrics() throws {
        var writer = ExpositionWriter(format: .text004)
        service.writeMetrics(to: &writer)
        var bytes: [UInt8] = []
        writer.drain(into: &bytes)
        let exposition = try Exposition(String(decoding: bytes, as: UTF8.self))
        func alerts(_ rule: String, _ state: String) -> Double {
            exposition.sum("weir_alerts", where: ["rule": rule, "state": state, "severity": "warning"])
        }
        #expect(alerts("TrafficSpike", "firing") == 2 && alerts("PacketDrops", "pending") == 1 && alerts("PacketDrops", "firing") == 0)
        #expect(exposition.samples.contains { $0.labels["rule"] == "Congestion" })
    }

    @Test("Many at once: the worst are told of first, evidence is taken for a hundred, and the others say so")
    func many() throws {
        let folder = try TemporaryFolder()
        var configuration = AlertingConfiguration()
        configuration.log = .file(folder.path("alerts.jsonl"))
        let service = AlertingService(
            configuration, maximumAlerts: 1000, externalURL: nil, directory: nil, credentials: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let worst = Self.rule("Worst", .drops) { $0.severity = .critical }
        let reports = [
            RuleReport(rule: Self.spike, findings: (0..<250).map { Self.finding("ns-\($0)") }, at: Self.at(0)),
            RuleReport(rule: worst, findings: [Self.finding("shop")], at: Self.at(0)),
        ]
        var asked: [String] = []
        let isNews = service.take(reports, now: Self.at(0)) { finding in
            asked.append(finding.labels["source_namespace"] ?? "")
            return Self.evidence(finding)
        }
        #expect(isNews && asked.count == 100 && asked.first == "shop")
        #expect(!service.take(reports, now: Self.at(15)) { _ in nil })
        service.stop()
        let lines = try String(contentsOfFile: folder.path("alerts.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 251 && lines.first?.contains(#""alert":"Worst""#) == true)
        #expect(lines.filter { $0.contains("More than 100 alerts began to fire at once") }.count == 151)
    }

    @Test("A rule without words of its own says what its kind looks at")
    func queries() throws {
        let queries = Rule.Kind.allCases.map { AlertRule(Rule(name: "A", kind: $0), file: "rules").query }
        for (kind, query) in zip(Rule.Kind.allCases, queries) {
            #expect(query.hasPrefix(kind.rawValue) && !query.hasSuffix(" ") && query.count < 200, "\(query)")
        }
        #expect(queries.first == "spike of bytes by source_namespace, destination_namespace")
        #expect(queries.last == "exporter: silent")
    }

    @Test("What fires goes on over a restart, and its page with it; a rule that is gone ends it")
    func restart() throws {
        let folder = try TemporaryFolder()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = AlertingConfiguration()
        configuration.log = .file(folder.path("alerts.jsonl"))
        func start() throws -> AlertingService {
            AlertingService(
                configuration, maximumAlerts: 10, externalURL: nil, directory: try StateDirectory(path: folder.path("state")), credentials: nil,
                logger: logger)
        }
        let report = RuleReport(rule: Self.spike, findings: [Self.finding("shop")], at: Self.at(0))
        let first = try start()
        first.take([report], now: Self.at(0), evidence: Self.evidence)
        first.stop()
        let second = try start()
        #expect(second.firing == 1)
        second.take(rules: [AlertRule(Self.spike, file: "built-in")], interval: 15_000_000_000, now: Self.at(30))
        second.take([report], now: Self.at(30), evidence: { _ in nil })
        var routes = Router()
        second.addRoutes(to: &routes)
        let list = routes.respond(to: HTTPRequest(method: .get, path: "/api/v1/alerts"))
        guard case .bytes(let bytes) = list.body else { return }
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""activeAt":"2026-09-21T14:13:20.000Z""#))
        second.take(rules: [], interval: 15_000_000_000, now: Self.at(45))
        #expect(second.firing == 0)
        second.stop()
        let lines = try String(contentsOfFile: folder.path("alerts.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.map { $0.contains(#""change":"firing""#) } == [true, false])
        #expect(lines.last?.contains(#""change":"resolved""#) == true)
    }
}
