import FlowModel

/// A flow of a tick, and which nodes' exporters see it.
package struct PlannedFlow: Sendable {
    package var flow: Flow
    /// On whose bridge it begins; nil: outside.
    package var sourceNode: Int?
    /// On whose bridge it ends; nil: outside.
    package var destinationNode: Int?
    /// Whether a policy drops it.
    package var isDenied = false
}

/// Divides a conversation's amounts among pods.
struct FlowPlanner: Sendable {
    /// Pairs of pods of a conversation in a tick, at most.
    private static let mostPairs = 8
    private static let world: [UInt32] = [0xC633_6400, 0xCB00_7100]

    private struct Place {
        var address: IPAddress
        var node: Int?
    }

    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0x000F_1025)
    }

    /// The flows of a conversation in a tick, both ways; `isDenied`: its requests are dropped, and nobody answers.
    mutating func flows(
        _ conversation: Conversation, _ amounts: TrafficModel.Amounts, _ cluster: SimulatedCluster, isDenied: Bool = false
    ) -> [PlannedFlow] {
        guard amounts.requestBytes >= 40 else { return [] }
        let (clients, servers) = (places(conversation.client, cluster), places(conversation.server, cluster))
        guard !clients.isEmpty, !servers.isEmpty else { return [] }
        let count = conversation.client == .hosts ? clients.count : min(Self.mostPairs, max(clients.count, servers.count))
        let firstClient = random.below(clients.count)
        // Those of one workload talk to each other, and nobody to himself.
        let firstServer = conversation.client == conversation.server ? firstClient + 1 + random.below(clients.count - 1) : random.below(servers.count)
        var pairs: [(client: Place, server: Place, weight: Double)] = []
        for index in 0..<count {
            let client = clients[(firstClient + index) % clients.count]
            let server = servers[(firstServer + index) % servers.count]
            if client.address != server.address { pairs.append((client, server, 0.5 + random.uniform())) }
        }
        let sum = pairs.reduce(0) { $0 + $1.weight }
        let sizes = conversation.packetSizes
        return pairs.flatMap { pair in
            let share = pair.weight / sum
            var request = Flow()
            (request.source, request.destination) = (pair.client.address, pair.server.address)
            request.sourcePort = UInt16(32_768 + random.below(28_000))
            request.destinationPort = conversation.port
            request.protocolNumber = conversation.protocolNumber
            if conversation.protocolNumber == 6 { request.tcpFlags = [.syn, .ack, .psh, .fin] }
            Self.fill(&request, amounts.requestBytes * share, sizes.request)
            var there = PlannedFlow(flow: request, sourceNode: pair.client.node, destinationNode: pair.server.node)
            there.isDenied = isDenied
            var reply = request
            (reply.source, reply.destination) = (request.destination, request.source)
            (reply.sourcePort, reply.destinationPort) = (request.destinationPort, request.sourcePort)
            Self.fill(&reply, amounts.replyBytes * share, sizes.reply)
            return isDenied || amounts.replyBytes < 40
                ? [there] : [there, PlannedFlow(flow: reply, sourceNode: pair.server.node, destinationNode: pair.client.node)]
        }
    }

    private mutating func places(_ end: Conversation.End, _ cluster: SimulatedCluster) -> [Place] {
        switch end {
        case .workload(let workload): cluster.running(workload).map { Place(address: cluster.pods[$0].address, node: cluster.pods[$0].node) }
        case .hosts: cluster.nodes.enumerated().map { Place(address: $0.element.address, node: $0.offset) }
        case .office: (0..<4).map { _ in Place(address: IPAddress(v4: 0xC000_0200 + 20 + UInt32(random.below(60)))) }
        case .world: (0..<Self.mostPairs).map { _ in Place(address: IPAddress(v4: Self.world[random.below(2)] + 1 + UInt32(random.below(250)))) }
        }
    }

    static func fill(_ flow: inout Flow, _ bytes: Double, _ size: Double) {
        flow.packets = max(1, UInt64(bytes / size))
        flow.bytes = max(flow.packets * 40, UInt64(bytes))
    }
}
