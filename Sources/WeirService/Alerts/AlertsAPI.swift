import Alerting
import ConfigurationFile
import Detection
import FlowModel
import Foundation
import HTTPServer

/// `/api/v1/alerts` and `/api/v1/rules` as Prometheus answers them, so that what reads those (Grafana's list of alerts) reads these.
struct AlertsAPI {
    private struct Alerts: Encodable {
        var alerts: [AlertContent]
    }

    private struct AlertContent: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var state: String
        var activeAt: String
        var keepFiringSince: String?
        var value: String

        init(_ alert: Alert) {
            labels = alert.labels
            annotations = alert.annotations
            state = alert.state.rawValue
            activeAt = TimeText.text(alert.activeAt)
            keepFiringSince = alert.keepFiringSince.map(TimeText.text)
            value = GoNumber.scientific(alert.value)
        }
    }

    private struct Rules: Encodable {
        var groups: [Group]
    }

    private struct Group: Encodable {
        var name: String
        var file: String
        var rules: [RuleContent]
        /// Seconds.
        var interval: Double
        var limit = 0
        var evaluationTime: Double
        var lastEvaluation: String
    }

    private struct RuleContent: Encodable {
        var state: String
        var name: String
        var query: String
        /// Seconds.
        var duration: Double
        var keepFiringFor: Double
        var labels: [String: String]
        var annotations: [String: String]
        var alerts: [AlertContent]
        var health: String
        var lastError: String?
        var evaluationTime: Double
        var lastEvaluation: String
        var type = "alerting"
    }

    private let shown: AlertingService.Shown

    init(_ service: AlertingService) {
        shown = service.shown
    }

    /// Those pending and firing.
    var alerts: HTTPResponse {
        Self.answer(Alerts(alerts: shown.alerts.map(AlertContent.init)))
    }

    /// The rules in force, a group for each file: those of `type=alert`, `rule_name[]`, `rule_group[]` and `file[]`; `exclude_alerts=true` leaves the alerts
    /// out. What else the query says is not looked at, as in Prometheus.
    func rules(_ request: HTTPRequest) -> HTTPResponse {
        if let type = request.queryValue("type"), type != "alert", type != "record" {
            return .json(
                ErrorEnvelope(errorType: "bad_data", error: "not supported value \"\(type)\" of type: expected alert or record").encoded, status: 400)
        }
        let names = request.queryValues("rule_name[]")
        let groups = request.queryValues("rule_group[]")
        let files = request.queryValues("file[]")
        let hasAlerts = request.queryValue("exclude_alerts") != "true"
        guard request.queryValue("type") != "record" else { return Self.answer(Rules(groups: [])) }
        var wanted: [(file: String, rules: [AlertRule])] = []
        for rule in shown.rules where names.isEmpty || names.contains(rule.rule.name) {
            if let index = wanted.firstIndex(where: { $0.file == rule.file }) {
                wanted[index].rules.append(rule)
            } else {
                wanted.append((rule.file, [rule]))
            }
        }
        let byRule = Dictionary(grouping: hasAlerts ? shown.alerts : [], by: \.rule)
        let states = Dictionary(grouping: shown.alerts, by: \.rule).mapValues { alerts in
            alerts.contains { $0.state == .firing } ? "firing" : "pending"
        }
        let found = wanted.compactMap { file, rules -> Group? in
            let name = Self.groupName(file)
            guard groups.isEmpty || groups.contains(name), files.isEmpty || files.contains(file) else { return nil }
            let evaluated = rules.compactMap { shown.evaluations[$0.rule.name] }
            return Group(
                name: name, file: file, rules: rules.map { self.content($0, byRule[$0.rule.name] ?? [], states[$0.rule.name] ?? "inactive") },
                interval: Self.seconds(shown.interval), evaluationTime: evaluated.map(\.seconds).max() ?? 0,
                lastEvaluation: Self.text(evaluated.map(\.at).max()))
        }
        return Self.answer(Rules(groups: found))
    }

    private func content(_ rule: AlertRule, _ alerts: [Alert], _ state: String) -> RuleContent {
        let evaluation = shown.evaluations[rule.rule.name]
        return RuleContent(
            state: state, name: rule.rule.name, query: rule.query, duration: Self.seconds(rule.rule.pendingTime),
            keepFiringFor: Self.seconds(rule.rule.keepFiringTime), labels: rule.rule.labels.merging(["severity": rule.rule.severity.rawValue]) { $1 },
            annotations: rule.rule.annotations, alerts: alerts.map(AlertContent.init),
            // Not an error, which Grafana would show in red: there is nothing here by which it could be told.
            health: evaluation == nil || rule.unavailable != nil ? "unknown" : "ok", lastError: rule.unavailable,
            evaluationTime: evaluation?.seconds ?? 0, lastEvaluation: Self.text(evaluation?.at))
    }

    /// The file's name without its folder and ending.
    private static func groupName(_ file: String) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return [".yaml", ".yml"].first(where: name.hasSuffix).map { String(name.dropLast($0.count)) } ?? name
    }

    private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }

    private static func text(_ time: Timestamp?) -> String { time.map { $0 == .unknown ? TimeText.never : TimeText.text($0) } ?? TimeText.never }

    private static func answer(_ content: some Encodable) -> HTTPResponse {
        guard let body = try? JSONEncoder.plain.encode(Envelope(data: content)) else {
            return .json(ErrorEnvelope(errorType: "internal", error: "the answer could not be written").encoded, status: 500)
        }
        return .json([UInt8](body))
    }
}

extension AlertingService {
    /// Adds what is served of alerts: `/alerts`, `/alerts/ID`, `/api/v1/alerts`, `/api/v1/rules`.
    package func addRoutes(to routes: inout Router, now: @escaping @Sendable () -> Timestamp = { WallClock.now }) {
        routes.get("/api/v1/alerts") { [unowned self] _ in AlertsAPI(self).alerts }
        routes.get("/api/v1/rules") { [unowned self] in AlertsAPI(self).rules($0) }
        routes.get("/alerts") { [unowned self] _ in AlertsPage(shown, now: now()).response }
        routes.get(below: "/alerts/") { [unowned self] request in
            guard let id = AlertID(request.path.dropFirst("/alerts/".count)), let (alert, rule) = alert(id) else {
                return AlertPage.missing
            }
            return AlertPage(alert, rule, externalURL: shown.externalURL, now: now()).response
        }
    }
}
