/// Something that goes wrong in the cluster, the alert that it raises, and by when.
package struct Incident: Sendable {
    /// What happens.
    package enum Effect: String, Sendable, CaseIterable {
        case spike
        case drops
        case newcomer
        case congestion
        case scan
        case silence
        case exporter
    }

    /// An alert that belongs to an incident.
    package struct Alert: Sendable {
        package var name: String
        /// Labels that it has, others beside them.
        package var labels: [String: String]
    }

    package let effect: Effect
    /// What it is called on the command line.
    package let name: String
    /// What happens, in a sentence.
    package let summary: String
    /// Where it shows, beside the alert.
    package let look: String
    /// Seconds from the beginning of the script.
    package let start: Int64
    /// Seconds that it lasts.
    package let duration: Int64
    /// What Weir tells of it.
    package let alerts: [Alert]
    /// Seconds from its beginning, within which Weir tells.
    package let told: Int64
    /// Seconds from its end, within which Weir tells that it is over.
    package let resolved: Int64
}

extension Incident {
    /// Seconds after which the script begins anew.
    package static let loop: Int64 = 3000

    /// All of them, in the order of the script.
    package static let script: [Incident] = [
        Incident(
            effect: .spike, name: "spike",
            summary: "one pod of shop/catalog sends 45 MB/s to media/images, a thousand times what the namespaces usually say",
            look: "/alerts; topk(5, rate(weir_flow_bytes_total[1m])) names the pod", start: 120, duration: 180,
            alerts: [Alert(name: "TrafficSpike", labels: ["source_namespace": "shop", "destination_namespace": "media"])], told: 150, resolved: 480),
        Incident(
            effect: .drops, name: "drops", summary: "a bad network policy cuts search/indexer off from DNS: what it asks is dropped",
            look: "/alerts; weir_flow_dropped_packets_total{reason=\"acl_deny\"}", start: 480, duration: 180,
            alerts: [Alert(name: "PacketsDropped", labels: ["source_workload": "indexer", "destination_workload": "coredns", "signal": "flows"])],
            told: 180, resolved: 600),
        Incident(
            effect: .newcomer, name: "newcomer", summary: "a pod in batch talks to the payments database, which nobody there has done before",
            look: "/alerts; weir_flow_bytes_total{source_namespace=\"batch\",destination_namespace=\"payments\"}", start: 780, duration: 180,
            alerts: [
                Alert(
                    name: "UnexpectedTraffic",
                    labels: ["source_namespace": "batch", "destination_namespace": "payments", "destination_workload": "database", "port": "5432"])
            ], told: 150, resolved: 480),
        Incident(
            effect: .congestion, name: "congestion", summary: "the uplink of node-2 is full: 97 % of its 10 Gbit/s go out",
            look: "/alerts; rate(weir_interface_octets_total{direction=\"out\"}[1m]) * 8", start: 1080, duration: 360,
            alerts: [Alert(name: "NetworkCongested", labels: ["node": "node-2", "interface": "eth0", "direction": "out", "signal": "utilisation"])],
            told: 300, resolved: 540),
        Incident(
            effect: .scan, name: "scan", summary: "a pod of shop/cart tries one port at every address of the pods' networks that nobody has",
            look: "/alerts; weir_flow_packets_total{destination_namespace=\"reserved:unmanaged\"}", start: 1560, duration: 120,
            alerts: [
                Alert(name: "NetworkScan", labels: ["source_namespace": "shop", "source_workload": "cart"]),
                Alert(
                    name: "UnexpectedTraffic",
                    labels: ["source_namespace": "shop", "source_workload": "cart", "destination_namespace": "reserved:unmanaged"]),
            ], told: 180, resolved: 720),
        Incident(
            effect: .silence, name: "silence", summary: "the events that media/images sends to Kafka vanish, 4.5 MB/s of them",
            look: "/alerts; sum(rate(weir_flow_bytes_total{source_namespace=\"media\",destination_namespace=\"analytics\"}[1m]))", start: 1860,
            duration: 300, alerts: [Alert(name: "TrafficSilence", labels: ["source_namespace": "media", "destination_namespace": "analytics"])],
            told: 180, resolved: 480),
        Incident(
            effect: .exporter, name: "exporter", summary: "the exporter of node-4 goes silent",
            look: "/ and /alerts; time() - weir_exporter_last_seen_timestamp_seconds", start: 2340, duration: 480,
            alerts: [Alert(name: "ExporterSilent", labels: ["exporter": "node-4"])], told: 420, resolved: 480),
    ]

    /// Where in the script an incident of a name is.
    package static func named(_ name: String) -> Incident? { script.first { $0.name == name } }
}
