import FlowModel
import Foundation

/// The body that a webhook receiver gets: Alertmanager's, version 4 (its `webhook_config`), so that what understands that understands this.
package struct WebhookMessage: Sendable, Codable, Equatable {
    /// The most alerts in a request; more make several.
    package static let largest = 64

    /// The rule whose alerts these are.
    package var rule: String
    package var alerts: [OutgoingAlert]

    package init(rule: String, alerts: [OutgoingAlert]) {
        self.rule = rule
        self.alerts = alerts
    }

    private struct Body: Encodable {
        struct Alert: Encodable {
            var status: String
            var labels: [String: String]
            var annotations: [String: String]
            var startsAt: String
            var endsAt: String
            var generatorURL: String
            var fingerprint: String
        }

        var version = "4"
        var groupKey: String
        var truncatedAlerts = 0
        var status: String
        var receiver = "weir"
        var groupLabels: [String: String]
        var commonLabels: [String: String]
        var commonAnnotations: [String: String]
        var externalURL: String
        var alerts: [Alert]
    }

    /// The JSON; a group is the alerts of one rule that changed at one time.
    package func body(externalURL: String?) -> [UInt8] {
        let body = Body(
            groupKey: "{}:{alertname=\(Self.quoted(rule))}", status: alerts.contains { $0.endsAt == nil } ? "firing" : "resolved",
            groupLabels: ["alertname": rule], commonLabels: Self.common(alerts.map(\.labels)),
            commonAnnotations: Self.common(alerts.map(\.annotations)),
            externalURL: externalURL ?? "",
            alerts: alerts.map { alert in
                Body.Alert(
                    status: alert.endsAt == nil ? "firing" : "resolved", labels: alert.labels, annotations: alert.annotations,
                    startsAt: TimeText.text(alert.startsAt), endsAt: alert.endsAt.map(TimeText.text) ?? TimeText.never,
                    generatorURL: alert.generatorURL, fingerprint: alert.fingerprint.description)
            })
        return (try? [UInt8](JSONEncoder.plain.encode(body))) ?? []
    }

    private static func common(_ sets: [[String: String]]) -> [String: String] {
        guard let first = sets.first else { return [:] }
        return first.filter { name, value in sets.dropFirst().allSatisfy { $0[name] == value } }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
