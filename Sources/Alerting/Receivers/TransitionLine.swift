import FlowModel
import Foundation

/// A step of an alert as one line of JSON.
package enum TransitionLine {
    private struct Line: Encodable {
        var time: String
        var alert: String
        var change: String
        var id: String
        var severity: String
        var labels: [String: String]
        var annotations: [String: String]
        var value: Double
        var activeAt: String
        var startsAt: String?
        var endsAt: String?
        var url: String?
    }

    /// The line, with its line feed.
    package static func text(_ transition: Transition, _ surroundings: OutgoingAlert.Surroundings, at now: Timestamp) -> [UInt8] {
        let alert = transition.alert
        let outgoing = OutgoingAlert(alert, surroundings)
        let line = Line(
            time: TimeText.text(now), alert: alert.rule, change: transition.change.rawValue, id: alert.id.description,
            severity: alert.severity.rawValue,
            labels: outgoing.labels, annotations: outgoing.annotations, value: alert.value, activeAt: TimeText.text(alert.activeAt),
            startsAt: alert.firedAt.map(TimeText.text), endsAt: alert.resolvedAt.map(TimeText.text),
            url: outgoing.generatorURL.isEmpty ? nil : outgoing.generatorURL)
        return ((try? [UInt8](JSONEncoder.plain.encode(line))) ?? []) + [UInt8(ascii: "\n")]
    }
}
