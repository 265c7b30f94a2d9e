import FlowModel
import Foundation

/// The body of `POST /api/v2/alerts` (Alertmanager's OpenAPI, `postableAlerts`).
package enum AlertmanagerMessage {
    private struct PostableAlert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String?
    }

    /// The path below an Alertmanager's URL.
    package static let path = "/api/v2/alerts"

    /// The JSON. One that fires is said to end `AlertmanagerFeed.horizon` from now, unless it is told again; never before its
    /// beginning, which a clock that was set back may put into the future: Alertmanager refuses the whole request then.
    package static func body(_ alerts: [OutgoingAlert], at now: Timestamp) -> [UInt8] {
        let list = alerts.map { alert in
            PostableAlert(
                labels: alert.labels, annotations: alert.annotations, startsAt: TimeText.text(alert.startsAt),
                endsAt: TimeText.text(alert.endsAt ?? max(now, alert.startsAt).advanced(by: AlertmanagerFeed.horizon)),
                generatorURL: alert.generatorURL.isEmpty ? nil : alert.generatorURL)
        }
        return (try? [UInt8](JSONEncoder.plain.encode(list))) ?? []
    }
}
