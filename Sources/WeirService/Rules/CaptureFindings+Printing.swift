import Alerting
import Detection
import FlowModel
import Foundation

extension CaptureFindings {
    // MARK: Text

    /// What fired, when, with the evidence, for people.
    package var text: String {
        var lines: [String] = []
        for fired in fired { lines += Self.lines(fired.alert) }
        if !missing.isEmpty { lines.append("What rules could not go by in these captures:") }
        lines += missing.map { "  \($0.rule): \($0.signal): \($0.reason)" }
        let alerts = fired.count == 1 ? "1 alert" : "\(fired.count) alerts"
        lines.append("\(alerts) would have fired in \(DurationWords.string(max(0, Double(end.since(start)) / 1e9))), \(datagrams) datagrams.")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(_ alert: Alert) -> [String] {
        let labels = alert.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", ")
        var lines = ["\(time(alert.startsAt)) \(alert.rule) {\(labels)}", "  \(alert.words)"]
        let details = alert.evidence?.details ?? []
        // What Weir itself puts there says the same once more.
        let own: [String] = [alert.words, alert.evidence?.words ?? "", details.joined(separator: "\n")]
        for (name, text) in alert.annotations.sorted(by: { $0.key < $1.key }) where !own.contains(text) { lines.append("  \(name): \(text)") }
        lines += details.map { "  \($0)" }
        for pair in alert.evidence?.pairs ?? [] {
            let service = pair.port == 0 ? pair.transport : "\(pair.transport)/\(pair.port)"
            lines.append(
                "  \(end(pair.sourceNamespace, pair.sourcePod)) → \(end(pair.destinationNamespace, pair.destinationPod)) \(service): "
                    + "\(pair.packets) packets, \(pair.bytes) bytes")
        }
        if let exporters = alert.evidence?.exporters, !exporters.isEmpty { lines.append("  seen by \(exporters.joined(separator: ", "))") }
        lines.append(alert.resolvedAt.map { "  resolved at \(time($0))" } ?? "  still firing at the end")
        return lines
    }

    private static func end(_ namespace: String, _ pod: String) -> String { pod.isEmpty ? namespace : "\(namespace)/\(pod)" }

    private static func time(_ time: Timestamp) -> String { Date(timeIntervalSince1970: time.seconds).formatted(.iso8601) }

    // MARK: JSON

    private struct Document: Encodable {
        struct Fired: Encodable {
            var rule: String
            var severity: String
            var labels: [String: String]
            var annotations: [String: String]
            var startsAt: String
            /// Absent while it fires at the end.
            var endsAt: String?
            var value: Double
            var words: String
            var evidence: Evidence?
        }

        struct Missing: Encodable {
            var rule: String
            var signal: String
            var reason: String
        }

        var alerts: [Fired]
        var notDetectable: [Missing]
        var start: String?
        var end: String?
        var datagrams: Int
    }

    /// The same as one JSON object; keys in camel case, as Alertmanager's.
    package var json: String {
        let document = Document(
            alerts: fired.map { fired in
                let alert = fired.alert
                return Document.Fired(
                    rule: alert.rule, severity: alert.severity.rawValue, labels: alert.labels, annotations: alert.annotations,
                    startsAt: Self.time(alert.startsAt), endsAt: alert.resolvedAt.map(Self.time), value: alert.value, words: alert.words,
                    evidence: alert.evidence)
            }, notDetectable: missing.map { Document.Missing(rule: $0.rule, signal: $0.signal, reason: $0.reason) },
            start: datagrams > 0 ? Self.time(start) : nil, end: datagrams > 0 ? Self.time(end) : nil, datagrams: datagrams)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        let octets = (try? encoder.encode(document)) ?? Data()
        return String(decoding: octets, as: UTF8.self) + "\n"
    }
}
