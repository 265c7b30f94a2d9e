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
    /// What happens, in a sentence.
    package let summary: String
    /// What to ask Prometheus for, to see it.
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

    /// What it is called on the command line.
    package var name: String { effect.rawValue }
}

extension Incident {
    /// Who tells of incidents.
    package enum Teller: String, Sendable, CaseIterable {
        /// Weir's own rules, which judge tick by tick.
        case weir
        /// The rules in `alerts/`, which look at twenty minutes: incidents last longer for them.
        case prometheus
    }

    /// The incidents in the order of the script, and seconds after which it begins anew: no part of a day, since what happens at the same time each day is
    /// usual to the rules.
    package static func script(_ teller: Teller) -> (incidents: [Incident], loop: Int64) {
        switch teller {
        case .weir: (toldByWeir, 2460)
        case .prometheus: (toldByPrometheus, 4200)
        }
    }

    private init(_ effect: Effect, from start: Int64, for duration: Int64, told: Int64, resolved: Int64, _ alerts: [Alert]) {
        let words = Self.words(effect)
        self.init(
            effect: effect, summary: words.summary, look: words.look, start: start, duration: duration, alerts: alerts, told: told, resolved: resolved
        )
    }

    private static let toldByWeir: [Incident] = [
        Incident(
            .spike, from: 60, for: 180, told: 150, resolved: 900,
            [Alert(name: "TrafficSpike", labels: ["source_namespace": "media", "destination_namespace": "media"])]),
        Incident(
            .drops, from: 300, for: 180, told: 180, resolved: 600,
            [Alert(name: "PacketsDropped", labels: ["source_workload": "indexer", "destination_workload": "coredns", "signal": "flows"])]),
        Incident(
            .newcomer, from: 480, for: 180, told: 150, resolved: 480,
            [
                Alert(
                    name: "UnexpectedTraffic",
                    labels: ["source_namespace": "batch", "destination_namespace": "payments", "destination_workload": "database", "port": "5432"])
            ]),
        Incident(
            .silence, from: 660, for: 300, told: 180, resolved: 900,
            [Alert(name: "TrafficSilence", labels: ["source_namespace": "media", "destination_namespace": "analytics"])]),
        Incident(
            .congestion, from: 840, for: 360, told: 300, resolved: 540,
            [Alert(name: "NetworkCongested", labels: ["node": "node-2", "interface": "eth0", "direction": "out", "signal": "utilisation"])]),
        Incident(
            .scan, from: 1200, for: 120, told: 180, resolved: 720,
            [
                Alert(name: "NetworkScan", labels: ["source_namespace": "shop", "source_workload": "cart"]),
                Alert(
                    name: "UnexpectedTraffic",
                    labels: ["source_namespace": "shop", "source_workload": "cart", "destination_namespace": "reserved:unmanaged"]),
            ]),
        // While it is silent, and until it has told of all again, nothing can be said of the traffic that it sees: nothing else is open then.
        Incident(.exporter, from: 1740, for: 480, told: 420, resolved: 480, [Alert(name: "ExporterSilent", labels: ["exporter": "node-4"])]),
    ]

    /// Those of the script that the rules in `alerts/` can see.
    private static let toldByPrometheus: [Incident] = [
        Incident(
            .spike, from: 120, for: 480, told: 540, resolved: 1620,
            [Alert(name: "WeirTrafficSpike", labels: ["source_namespace": "media", "destination_namespace": "media"])]),
        Incident(
            .drops, from: 480, for: 300, told: 420, resolved: 1620,
            [Alert(name: "WeirPacketsDropped", labels: ["source_namespace": "search", "destination_namespace": "kube-system", "signal": "flows"])]),
        Incident(
            .newcomer, from: 840, for: 180, told: 240, resolved: 1620,
            [
                Alert(name: "WeirUnexpectedPair", labels: ["source_namespace": "batch", "destination_namespace": "payments"]),
                Alert(name: "WeirUnexpectedPair", labels: ["source_namespace": "payments", "destination_namespace": "batch"]),
            ]),
        Incident(
            .congestion, from: 1200, for: 1500, told: 1380, resolved: 540,
            [Alert(name: "WeirNetworkCongested", labels: ["node": "node-2", "interface": "eth0", "direction": "out", "signal": "utilisation"])]),
        Incident(.exporter, from: 2760, for: 600, told: 480, resolved: 240, [Alert(name: "WeirExporterSilent", labels: ["exporter": "node-4"])]),
    ]

    private static func words(_ effect: Effect) -> (summary: String, look: String) {
        switch effect {
        case .spike:
            (
                "one pod of media/transcoder sends 60 MB/s to media/store, ten times what the namespace usually says",
                "topk(5, rate(weir_flow_bytes_total[20m]))"
            )
        case .drops:
            (
                "a bad network policy cuts search/indexer off from DNS: what it asks is dropped",
                "rate(weir_flow_dropped_packets_total{source_namespace=\"search\"}[20m])"
            )
        case .newcomer:
            (
                "a pod in batch talks to the payments database, which nobody there has done before",
                "weir_flow_bytes_total{source_namespace=\"batch\",destination_namespace=\"payments\"}"
            )
        case .congestion:
            (
                "the uplink of node-2 is full: 97 % of its 10 Gbit/s go out",
                "rate(weir_interface_octets_total{node=\"node-2\",direction=\"out\"}[20m]) * 8"
            )
        case .scan:
            (
                "a pod of shop/cart tries one port at every address of the pods' networks that nobody has",
                "sum(rate(weir_flow_packets_total{destination_namespace=\"reserved:unmanaged\"}[20m]))"
            )
        case .silence:
            (
                "the events that media/images sends to Kafka vanish, 4.5 MB/s of them",
                "sum(rate(weir_flow_bytes_total{source_namespace=\"media\",destination_namespace=\"analytics\"}[20m]))"
            )
        case .exporter: ("the exporter of node-4 goes silent", "time() - weir_exporter_last_seen_timestamp_seconds")
        }
    }
}
