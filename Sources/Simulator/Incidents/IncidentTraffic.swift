import FlowModel

/// What incidents add to the traffic of a tick, and take from it.
struct IncidentTraffic: Sendable {
    private static let spikeRate = 60e6
    private static let newcomerRate = 60e3
    /// Addresses of each node's range that no pod gets: the last ones.
    private static let deadHosts: ClosedRange<UInt32> = 200...250
    /// Whoever finds one of these open has found something.
    private static let scannedPorts: [UInt16] = [27_017, 11_211, 9042, 2379, 5984, 7474, 8529, 3306, 1521, 50_000, 8086, 26_257]

    private var random: SplitMix64
    /// Where the scan goes on.
    private var scanned = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0x1C1D_E27A)
    }

    /// The factor on a conversation's amounts, and whether it is denied.
    static func change(_ conversation: Conversation, _ active: [Scenario.Occurrence], _ cluster: SimulatedCluster) -> (factor: Double, isDenied: Bool)
    {
        func isBetween(_ client: String, _ server: String) -> Bool {
            guard let from = cluster.place(of: client), let to = cluster.place(of: server) else { return false }
            return conversation.client == .workload(from) && conversation.server == .workload(to)
        }
        var (factor, isDenied) = (1.0, false)
        for occurrence in active {
            switch occurrence.incident.effect {
            case .silence where isBetween("media/images", "analytics/kafka"): factor = 0
            // Who gets no answer asks again.
            case .drops where isBetween("search/indexer", "kube-system/coredns"): (factor, isDenied) = (3, true)
            default: break
            }
        }
        return (factor, isDenied)
    }

    /// Flows that there would not be.
    mutating func flows(_ active: [Scenario.Occurrence], _ cluster: SimulatedCluster, newcomer: Int?, seconds: Double) -> [PlannedFlow] {
        active.flatMap { occurrence -> [PlannedFlow] in
            switch occurrence.incident.effect {
            case .spike:
                guard let source = pod("media/transcoder", occurrence.round, cluster), let destination = pod("media/store", occurrence.round, cluster)
                else {
                    return []
                }
                return connection(source, destination, 9000, cluster, Self.spikeRate * seconds, (1400, 52), answers: 0.25)
            case .newcomer:
                guard let newcomer, let destination = pod("payments/database", 0, cluster) else { return [] }
                return connection(newcomer, destination, 5432, cluster, Self.newcomerRate * seconds, (300, 1100), answers: 0.8)
            case .scan: return scan(occurrence, cluster)
            case .drops, .congestion, .silence, .exporter: return []
            }
        }
    }

    private func pod(_ workload: String, _ round: Int, _ cluster: SimulatedCluster) -> Int? {
        guard let place = cluster.place(of: workload) else { return nil }
        let pods = cluster.running(place)
        return pods.isEmpty ? nil : pods[round % pods.count]
    }

    /// A connection, both ways; `answers`: packets that come back for each that goes.
    private mutating func connection(
        _ from: Int, _ to: Int, _ port: UInt16, _ cluster: SimulatedCluster, _ bytes: Double, _ sizes: (request: Double, reply: Double),
        answers: Double
    ) -> [PlannedFlow] {
        let (source, destination) = (cluster.pods[from], cluster.pods[to])
        var request = Flow()
        (request.source, request.destination) = (source.address, destination.address)
        (request.sourcePort, request.destinationPort) = (UInt16(32_768 + random.below(28_000)), port)
        request.protocolNumber = 6
        request.tcpFlags = [.syn, .ack, .psh]
        FlowPlanner.fill(&request, bytes, sizes.request)
        var reply = request
        (reply.source, reply.destination) = (request.destination, request.source)
        (reply.sourcePort, reply.destinationPort) = (request.destinationPort, request.sourcePort)
        FlowPlanner.fill(&reply, Double(request.packets) * answers * sizes.reply, sizes.reply)
        return [
            PlannedFlow(flow: request, sourceNode: source.node, destinationNode: destination.node),
            PlannedFlow(flow: reply, sourceNode: destination.node, destinationNode: source.node),
        ]
    }

    /// Forty tries a tick; nobody answers.
    private mutating func scan(_ occurrence: Scenario.Occurrence, _ cluster: SimulatedCluster) -> [PlannedFlow] {
        guard let place = cluster.place(of: "shop/cart") else { return [] }
        // One whose node looks at every packet.
        let pods = cluster.running(place).filter { ExportKind.ofNodes[cluster.pods[$0].node].samplingRate == 1 }
        guard let scanner = pods.first.map({ cluster.pods[$0] }) else { return [] }
        // One that was tried before is nothing new.
        let round = occurrence.round
        let port = round < Self.scannedPorts.count ? Self.scannedPorts[round] : UInt16(10_000 + round % 20_000)
        return (0..<40).map { _ in
            scanned += 1
            let node = cluster.nodes[scanned % cluster.nodes.count]
            let host = Self.deadHosts.lowerBound + UInt32(scanned / cluster.nodes.count % Self.deadHosts.count)
            var attempt = Flow()
            (attempt.source, attempt.destination) = (scanner.address, IPAddress(v4: node.podNetwork + host))
            (attempt.sourcePort, attempt.destinationPort) = (UInt16(32_768 + random.below(28_000)), port)
            attempt.protocolNumber = 6
            attempt.tcpFlags = .syn
            (attempt.packets, attempt.bytes) = (3, 180)
            return PlannedFlow(flow: attempt, sourceNode: scanner.node, destinationNode: nil)
        }
    }
}
