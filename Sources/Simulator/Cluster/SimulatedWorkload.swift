/// Something that looks after pods.
package struct SimulatedWorkload: Sendable {
    /// What it is to Kubernetes.
    package enum Kind: String, Sendable {
        case deployment = "Deployment"
        case statefulSet = "StatefulSet"
        case daemonSet = "DaemonSet"
        case cronJob = "CronJob"
    }

    package var namespace: String
    package var name: String
    package var kind: Kind
    /// Pods; one for each node of a DaemonSet.
    package var replicas: Int
    /// TCP ports that its containers listen on; UDP, too, where it is DNS.
    package var ports: [UInt16]
    /// Whether its pods have their node's address.
    package var isOnHostNetwork = false

    /// `namespace/name`.
    package var path: String { "\(namespace)/\(name)" }

    init(_ path: String, _ kind: Kind, _ replicas: Int, ports: [UInt16] = [], isOnHostNetwork: Bool = false) {
        let parts = path.split(separator: "/", maxSplits: 1)
        namespace = String(parts.first ?? "")
        name = String(parts.last ?? "")
        self.kind = kind
        self.replicas = replicas
        self.ports = ports
        self.isOnHostNetwork = isOnHostNetwork
    }
}

extension SimulatedWorkload {
    /// What the company runs: ten namespaces, 150 pods on eight nodes.
    static let company: [SimulatedWorkload] = [
        SimulatedWorkload("ingress/nginx", .deployment, 6, ports: [443, 9113]),
        SimulatedWorkload("shop/frontend", .deployment, 12, ports: [8080, 9102]),
        SimulatedWorkload("shop/cart", .deployment, 8, ports: [8080, 9102]),
        SimulatedWorkload("shop/catalog", .deployment, 9, ports: [8080, 9102]),
        SimulatedWorkload("shop/checkout", .deployment, 6, ports: [8080, 9102]),
        SimulatedWorkload("shop/orders", .deployment, 8, ports: [8080, 9102]),
        SimulatedWorkload("shop/cart-redis", .statefulSet, 3, ports: [6379]),
        SimulatedWorkload("payments/api", .deployment, 6, ports: [8443, 9102]),
        SimulatedWorkload("payments/ledger", .deployment, 4, ports: [8080]),
        SimulatedWorkload("payments/fraud", .deployment, 3, ports: [8080]),
        SimulatedWorkload("payments/database", .statefulSet, 3, ports: [5432]),
        SimulatedWorkload("search/query", .deployment, 8, ports: [8080, 9102]),
        SimulatedWorkload("search/indexer", .deployment, 3, ports: [9102]),
        SimulatedWorkload("search/elastic", .statefulSet, 6, ports: [9200, 9300]),
        SimulatedWorkload("media/images", .deployment, 6, ports: [8080]),
        SimulatedWorkload("media/transcoder", .statefulSet, 2, ports: []),
        SimulatedWorkload("media/store", .statefulSet, 4, ports: [9000]),
        SimulatedWorkload("analytics/collector", .deployment, 4, ports: [8080]),
        SimulatedWorkload("analytics/kafka", .statefulSet, 3, ports: [9092]),
        SimulatedWorkload("analytics/spark", .deployment, 6, ports: [7077]),
        SimulatedWorkload("analytics/warehouse", .statefulSet, 3, ports: [5439]),
        SimulatedWorkload("batch/report", .cronJob, 1),
        SimulatedWorkload("batch/settlement", .cronJob, 1),
        SimulatedWorkload("batch/reindex", .cronJob, 1),
        SimulatedWorkload("batch/backup", .cronJob, 1),
        SimulatedWorkload("monitoring/prometheus", .statefulSet, 2, ports: [9090]),
        SimulatedWorkload("monitoring/grafana", .deployment, 1, ports: [3000]),
        SimulatedWorkload("monitoring/loki", .statefulSet, 3, ports: [3100]),
        SimulatedWorkload("monitoring/node-exporter", .daemonSet, 8, ports: [9100], isOnHostNetwork: true),
        SimulatedWorkload("kube-system/coredns", .deployment, 3, ports: [53]),
        SimulatedWorkload("kube-system/promtail", .daemonSet, 8, ports: [9080], isOnHostNetwork: true),
        SimulatedWorkload("platform/gitlab", .deployment, 2, ports: [8080]),
        SimulatedWorkload("platform/registry", .deployment, 2, ports: [5000]),
        SimulatedWorkload("platform/vault", .statefulSet, 3, ports: [8200]),
        SimulatedWorkload("platform/argocd", .deployment, 1),
    ]
}
