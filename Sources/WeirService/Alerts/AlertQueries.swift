import Alerting
import Detection

/// The queries to continue with in Prometheus.
enum AlertQueries {
    /// PromQL for the series that an alert is about: its ends by namespace, its heaviest pair by pod, or its exporter. Each with a word on what it shows.
    static func queries(for alert: Alert) -> [(what: String, query: String)] {
        var queries: [(String, String)] = []
        let ends = ["source_namespace", "destination_namespace"].compactMap { name in alert.labels[name].map { (name, $0) } }
        if !ends.isEmpty {
            let selector = selector(ends)
            queries.append(("bytes a second, by pair", "sum by (source_pod, destination_pod) (rate(weir_flow_bytes_total\(selector)[2m]))"))
            queries.append(("dropped packets a second", "sum by (reason) (rate(weir_flow_dropped_packets_total\(selector)[2m]))"))
        }
        if let pair = alert.evidence?.pairs.first {
            let selector = selector([
                ("source_namespace", pair.sourceNamespace), ("source_pod", pair.sourcePod), ("destination_namespace", pair.destinationNamespace),
                ("destination_pod", pair.destinationPod),
            ])
            queries.append(
                (
                    "the heaviest pair, a week back as well",
                    "rate(weir_flow_bytes_total\(selector)[2m]) or rate(weir_flow_bytes_total\(selector)[2m] offset 1w)"
                ))
        }
        if let exporter = alert.labels["exporter"] {
            let selector = selector([("exporter", exporter)])
            queries.append(("what the exporter lost", "rate(weir_exporter_lost_total\(selector)[5m])"))
            queries.append(("how long it has been silent", "time() - weir_exporter_last_seen_timestamp_seconds\(selector)"))
            if let interface = alert.labels["interface"] {
                let interfaceSelector = Self.selector([("exporter", exporter), ("interface", interface)])
                queries.append(("the interface's discards", "rate(weir_interface_discards_total\(interfaceSelector)[5m])"))
            }
        }
        return queries
    }

    private static func selector(_ labels: [(String, String)]) -> String {
        "{" + labels.map { "\($0.0)=\(quoted($0.1))" }.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
