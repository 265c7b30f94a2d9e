import KubernetesClient
import Metrics

extension SelfMetrics {
    /// What is known of the cluster, where one is watched.
    static func writeKubernetes(_ status: KubernetesStatus, to writer: inout ExpositionWriter) {
        writer.family("weir_kubernetes_synced", type: .gauge, help: "1 where all that may be listed of the cluster has been listed.")
        writer.sample(value: UInt64(status.isSynced ? 1 : 0))
        writer.family("weir_kubernetes_objects", type: .gauge, help: "Objects of the cluster, by resource.")
        for resource in status.resources { writer.sample(["resource": resource.rawValue], value: UInt64(clamping: status.objects(of: resource))) }
        writer.family("weir_kubernetes_watch_restarts_total", type: .counter, help: "Lists and watches that were begun again, by reason.")
        for resource in status.resources {
            for (reason, count) in status.restarts(of: resource).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                writer.sample(["resource": resource.rawValue, "reason": reason.rawValue], value: count)
            }
        }
        writer.family("weir_kubernetes_last_event_timestamp_seconds", type: .gauge, help: "When something was last heard of a resource.")
        for resource in status.resources where status.lastEvent(of: resource) != .unknown {
            writer.sample(["resource": resource.rawValue], value: Double(status.lastEvent(of: resource).nanoseconds) / 1e9)
        }
    }
}
