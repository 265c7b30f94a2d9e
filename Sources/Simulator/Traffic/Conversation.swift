/// Who asks whom, and how much of it there is by day.
package struct Conversation: Sendable {
    /// One end.
    package enum End: Sendable, Equatable {
        /// By place.
        case workload(Int)
        /// Clients and servers of the internet.
        case world
        /// Machines in the office.
        case office
        /// Every node's own address.
        case hosts
    }

    /// How its amounts go.
    package enum Rhythm: Sendable {
        /// With the day: by that much more or less than its mean, highest in the afternoon.
        case day(Double)
        /// All the time.
        case steady
        /// Two minutes every fifteen, from that minute on.
        case job(minute: Int)
    }

    package let client: End
    package let server: End
    package let port: UInt16
    /// IP protocol number.
    package let protocolNumber: UInt8
    /// Bytes a second that clients send, on average.
    package let request: Double
    /// Bytes a second of answers, on average.
    package let reply: Double
    package let rhythm: Rhythm

    /// Bytes of a packet that goes there, and of one that comes back.
    package var packetSizes: (request: Double, reply: Double) {
        if protocolNumber == 17 { return (80, 160) }
        // What carries much is full; what only confirms is not.
        return (request >= reply / 4 ? 900 : 180, reply >= request / 4 ? 1100 : 90)
    }
}

extension Conversation {
    /// What flows in the company, bytes a second.
    static func company(_ cluster: SimulatedCluster) -> [Conversation] {
        func end(_ text: String) -> End? {
            switch text {
            case "world": .world
            case "office": .office
            case "hosts": .hosts
            default: cluster.place(of: text).map(End.workload)
            }
        }
        return table.compactMap { row in
            guard let client = end(row.client), let server = end(row.server) else { return nil }
            return Conversation(
                client: client, server: server, port: row.port, protocolNumber: row.port == 53 ? 17 : 6, request: row.request * 1000,
                reply: row.reply * 1000, rhythm: row.rhythm)
        }
    }

    private typealias Row = (client: String, server: String, port: UInt16, request: Double, reply: Double, rhythm: Rhythm)

    /// Kilobytes a second.
    private static let table: [Row] = [
        // Customers.
        ("world", "ingress/nginx", 443, 1500, 11_000, .day(0.5)),
        ("ingress/nginx", "shop/frontend", 8080, 1100, 8000, .day(0.5)),
        ("ingress/nginx", "media/images", 8080, 300, 5000, .day(0.5)),
        ("ingress/nginx", "analytics/collector", 8080, 600, 60, .day(0.5)),
        ("shop/frontend", "shop/catalog", 8080, 400, 2600, .day(0.5)),
        ("shop/frontend", "shop/cart", 8080, 300, 500, .day(0.5)),
        ("shop/frontend", "shop/checkout", 8080, 90, 160, .day(0.5)),
        ("shop/frontend", "search/query", 8080, 200, 1500, .day(0.5)),
        ("shop/catalog", "media/images", 8080, 30, 120, .day(0.5)),
        ("shop/cart", "shop/cart-redis", 6379, 400, 700, .day(0.5)),
        ("shop/checkout", "shop/orders", 8080, 120, 110, .day(0.5)),
        ("shop/checkout", "payments/api", 8443, 110, 90, .day(0.5)),
        ("shop/orders", "analytics/kafka", 9092, 500, 25, .day(0.5)),
        ("payments/api", "payments/ledger", 8080, 80, 60, .day(0.5)),
        ("payments/api", "payments/fraud", 8080, 35, 20, .day(0.5)),
        ("payments/api", "payments/database", 5432, 90, 260, .day(0.5)),
        ("payments/ledger", "payments/database", 5432, 150, 420, .day(0.5)),
        ("payments/api", "platform/vault", 8200, 6, 12, .steady),
        ("payments/api", "world", 443, 40, 35, .day(0.5)),
        // Search and media.
        ("search/query", "search/elastic", 9200, 400, 3200, .day(0.5)),
        ("search/indexer", "search/elastic", 9200, 1800, 90, .steady),
        ("search/indexer", "shop/catalog", 8080, 40, 700, .steady),
        ("search/elastic", "search/elastic", 9300, 1200, 1200, .steady),
        ("media/images", "media/store", 9000, 60, 4000, .day(0.5)),
        ("media/transcoder", "media/store", 9000, 900, 1500, .steady),
        // Analytics: one stream of events, and what is made of it.
        ("analytics/collector", "analytics/kafka", 9092, 2200, 100, .day(0.4)),
        ("analytics/kafka", "analytics/kafka", 9092, 1800, 1800, .day(0.4)),
        ("analytics/spark", "analytics/kafka", 9092, 60, 2400, .steady),
        ("analytics/spark", "analytics/warehouse", 5439, 2600, 120, .steady),
        ("media/images", "analytics/kafka", 9092, 4500, 60, .day(0.3)),
        // Jobs.
        ("batch/report", "analytics/warehouse", 5439, 30, 400, .job(minute: 2)),
        ("batch/settlement", "shop/orders", 8080, 60, 90, .job(minute: 5)),
        ("batch/reindex", "search/elastic", 9200, 300, 60, .job(minute: 8)),
        ("batch/backup", "media/store", 9000, 500, 20, .job(minute: 11)),
        // Those who look after it.
        ("monitoring/prometheus", "monitoring/node-exporter", 9100, 15, 300, .steady),
        ("monitoring/prometheus", "ingress/nginx", 9113, 4, 40, .steady),
        ("monitoring/prometheus", "shop/frontend", 9102, 6, 70, .steady),
        ("monitoring/prometheus", "shop/cart", 9102, 5, 45, .steady),
        ("monitoring/prometheus", "shop/catalog", 9102, 5, 50, .steady),
        ("monitoring/prometheus", "shop/checkout", 9102, 4, 40, .steady),
        ("monitoring/prometheus", "shop/orders", 9102, 4, 40, .steady),
        ("monitoring/prometheus", "payments/api", 9102, 4, 40, .steady),
        ("monitoring/prometheus", "search/query", 9102, 5, 50, .steady),
        ("monitoring/prometheus", "search/indexer", 9102, 3, 25, .steady),
        ("monitoring/grafana", "monitoring/prometheus", 9090, 10, 120, .day(0.4)),
        ("monitoring/grafana", "monitoring/loki", 3100, 8, 90, .day(0.4)),
        ("hosts", "monitoring/loki", 3100, 900, 25, .day(0.4)),
        ("office", "monitoring/grafana", 3000, 12, 160, .day(0.5)),
        ("office", "platform/gitlab", 8080, 120, 800, .day(0.5)),
        ("platform/argocd", "platform/gitlab", 8080, 15, 180, .steady),
        ("platform/gitlab", "platform/registry", 5000, 60, 120, .day(0.4)),
        // Names.
        ("ingress/nginx", "kube-system/coredns", 53, 8, 16, .day(0.4)),
        ("shop/frontend", "kube-system/coredns", 53, 12, 24, .day(0.4)),
        ("shop/cart", "kube-system/coredns", 53, 8, 16, .day(0.4)),
        ("shop/catalog", "kube-system/coredns", 53, 8, 16, .day(0.4)),
        ("shop/checkout", "kube-system/coredns", 53, 6, 12, .day(0.4)),
        ("shop/orders", "kube-system/coredns", 53, 6, 12, .day(0.4)),
        ("payments/api", "kube-system/coredns", 53, 6, 12, .day(0.4)),
        ("search/query", "kube-system/coredns", 53, 8, 16, .day(0.4)),
        ("search/indexer", "kube-system/coredns", 53, 5, 10, .steady),
        ("media/images", "kube-system/coredns", 53, 6, 12, .day(0.4)),
        ("analytics/spark", "kube-system/coredns", 53, 5, 10, .steady),
    ]
}
