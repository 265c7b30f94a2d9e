import Alerting
import Detection
import Metrics

extension AlertingService {
    /// Writes `weir_alerts` and `weir_notifications…`.
    package func writeMetrics(to writer: inout ExpositionWriter) {
        let shown = shown
        writer.family("weir_alerts", type: .gauge, help: "Alerts that are pending or firing, by rule.")
        var counts: [String: [AlertState: UInt64]] = [:]
        for alert in shown.alerts { counts[alert.rule, default: [:]][alert.state, default: 0] += 1 }
        var severities: [String: String] = [:]
        for alert in shown.alerts { severities[alert.rule] = alert.severity.rawValue }
        // A rule in force has its series from the beginning, so that what is compared with 0 is there.
        for rule in shown.rules { severities[rule.rule.name] = rule.rule.severity.rawValue }
        for (rule, severity) in severities.sorted(by: { $0.key < $1.key }) {
            for state in [AlertState.firing, .pending] {
                writer.sample(["rule": rule, "severity": severity, "state": state.rawValue], value: counts[rule]?[state] ?? 0)
            }
        }
        writeNotifications(to: &writer)
    }

    private func writeNotifications(to writer: inout ExpositionWriter) {
        let counts = counts
        let receivers = Set(counts.delivered.keys).union(counts.waiting.keys).sorted()
        writer.family("weir_notifications_total", type: .counter, help: "Alerts that a receiver has taken, each as often as it was told.")
        for receiver in receivers { writer.sample(["receiver": receiver], value: counts.delivered[receiver] ?? 0) }
        writer.family("weir_notifications_failed_total", type: .counter, help: "Attempts to tell a receiver that failed, by reason.")
        for (failure, count) in counts.failed.sorted(by: { ($0.key.receiver, $0.key.reason.rawValue) < ($1.key.receiver, $1.key.reason.rawValue) }) {
            writer.sample(["receiver": failure.receiver, "reason": failure.reason.rawValue], value: count)
        }
        writer.family("weir_notifications_dropped_total", type: .counter, help: "Alerts that a receiver will not be told of, by reason.")
        for (loss, count) in counts.dropped.sorted(by: { ($0.key.receiver, $0.key.reason) < ($1.key.receiver, $1.key.reason) }) {
            writer.sample(["receiver": loss.receiver, "reason": loss.reason], value: count)
        }
        writer.family("weir_notifications_queue_length", type: .gauge, help: "Alerts that a receiver is still to be told of.")
        for (receiver, count) in counts.waiting.sorted(by: { $0.key < $1.key }) {
            writer.sample(["receiver": receiver], value: UInt64(clamping: count))
        }
    }
}
