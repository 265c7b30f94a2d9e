import Alerting
import Detection
import FlowModel
import HTTPServer

/// The page at `/alerts`: what is wrong now, what was, and what is watched for.
struct AlertsPage {
    private static let mostResolved = 100

    private let shown: AlertingService.Shown
    private let now: Timestamp

    init(_ shown: AlertingService.Shown, now: Timestamp) {
        self.shown = shown
        self.now = now
    }

    var response: HTTPResponse {
        let firing = shown.alerts.filter { $0.state == .firing }
        let pending = shown.alerts.filter { $0.state == .pending }
        let resolved = Array(shown.resolved.reversed().prefix(Self.mostResolved))
        let body = """
            <h1>Alerts</h1>
            <h2>Firing</h2>
            \(firing.isEmpty ? "<p>Nothing.</p>" : table(firing))
            \(pending.isEmpty ? "" : "<h2>Pending</h2>\n" + table(pending))
            \(resolved.isEmpty ? "" : "<h2>Ended in the last day</h2>\n" + table(resolved))
            <h2>Rules</h2>
            \(shown.rules.isEmpty ? "<p>There are none.</p>" : rules)
            <p><a href="/api/v1/alerts">/api/v1/alerts</a> · <a href="/api/v1/rules">/api/v1/rules</a></p>
            """
        return .html(Page.html(title: "Weir: alerts", canonical: nil, body: AlertPage.style + body))
    }

    /// The state of an alert, and how bad it is.
    static func badge(_ alert: Alert) -> String {
        let style = alert.state == .resolved ? "good" : alert.state == .firing && alert.severity != .info ? "bad" : "soft"
        return "<span class=\"badge \(style)\">\(alert.state.rawValue.htmlEscaped) · \(alert.severity.rawValue.htmlEscaped)</span>"
    }

    private func table(_ alerts: [Alert]) -> String {
        let rows = alerts.map { alert in
            let since = alert.resolvedAt ?? alert.firedAt ?? alert.activeAt
            return """
                <tr><td><a href="/alerts/\(alert.id.description.htmlEscaped)">\(alert.rule.htmlEscaped)</a></td><td>\(Self.badge(alert))</td>\
                <td>\((alert.annotations["summary"] ?? alert.words).htmlEscaped)</td>\
                <td>\(OverviewPage.age(now.since(since)).htmlEscaped) ago</td></tr>
                """
        }
        return """
            <div class="scroll"><table>
            <tr><th>alert</th><th>state</th><th>what</th><th>since</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }

    private var rules: String {
        let counts = Dictionary(grouping: shown.alerts, by: \.rule).mapValues(\.count)
        let rows = shown.rules.map { rule in
            let state = rule.unavailable ?? (shown.evaluations[rule.rule.name] == nil ? "not evaluated yet" : "watching")
            return """
                <tr><td>\(rule.rule.name.htmlEscaped)</td><td>\(rule.rule.severity.rawValue.htmlEscaped)</td><td><code>\(rule.query.htmlEscaped)</code></td>\
                <td class="number">\(counts[rule.rule.name] ?? 0)</td><td class="\(rule.unavailable == nil ? "" : "soft")">\(state.htmlEscaped)</td></tr>
                """
        }
        return """
            <div class="scroll"><table>
            <tr><th>rule</th><th>severity</th><th>looks for</th><th>alerts</th><th>state</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }
}
