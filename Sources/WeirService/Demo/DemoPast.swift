import Detection
import FlowModel
import Identity
import Simulator
import Windows

/// The days before the demo: feeds the rules what the simulated cluster did, through the call that feeds them live.
struct DemoPast {
    /// Fourteen days, nanoseconds.
    static let length: Int64 = 14 * 86_400_000_000_000
    /// Who talks to whom is told once in so many ticks; a talk is over after twenty without.
    private static let edgeTicks: Int64 = 10

    private struct Part {
        /// Of its pair of workloads in a tick.
        var place: Int
        /// Whether the conversation's requests are counted there, or its answers.
        var isReply: Bool
        var conversation: Int
        /// Of the conversation's amounts; of hosts each has a part.
        var share: Double
    }

    private var workloads: [WorkloadName] = []
    private var numbers: [WorkloadName: WorkloadNumber] = [:]
    private var parts: [Part] = []
    private var series: [ClosedTick.Series] = []
    private var edges: [ClosedTick.SeenEdge] = []
    private let conversations: [Conversation]
    private let sampledShare: Double
    private let samplingRate: Double
    private var random = SplitMix64(seed: 14)

    init(_ simulation: Simulation) {
        conversations = simulation.model.conversations
        let rates = simulation.kinds.map { Double($0.samplingRate) }
        sampledShare = Double(rates.count { $0 > 1 }) / Double(max(rates.count, 1))
        samplingRate = rates.max() ?? 1
        for (index, conversation) in conversations.enumerated() {
            let (clients, servers) = (names(conversation.client, simulation.cluster), names(conversation.server, simulation.cluster))
            for client in clients {
                for server in servers {
                    let pair = WorkloadPair(source: number(client), destination: number(server))
                    let back = WorkloadPair(source: pair.destination, destination: pair.source)
                    let share = 1 / Double(clients.count * servers.count)
                    for (pair, isReply) in [(pair, false), (back, true)] {
                        let place = series.firstIndex { $0.pair == pair } ?? series.count
                        if place == series.count { series.append(ClosedTick.Series(pair: pair)) }
                        parts.append(Part(place: place, isReply: isReply, conversation: index, share: share))
                    }
                    // A job is known, too, whatever the minute is.
                    let edge = ClosedTick.Edge(pair: pair, protocolNumber: conversation.protocolNumber, port: conversation.port)
                    let example = KeptFlow(Flow(), source: .world, destination: .world, exporter: .unspecified)
                    edges.append(ClosedTick.SeenEdge(edge: edge, bytes: Int64(conversation.request), packets: 1, example: example))
                }
            }
        }
    }

    private func names(_ end: Conversation.End, _ cluster: SimulatedCluster) -> [WorkloadName] {
        switch end {
        case .world: [WorkloadName(namespace: "reserved:world", kind: "", name: "")]
        case .office: [WorkloadName(namespace: "reserved:network", kind: "", name: DemoConfiguration.office)]
        case .hosts: cluster.nodes.map { WorkloadName(namespace: "reserved:host", kind: "", name: $0.name) }
        case .workload(let place):
            [
                WorkloadName(
                    namespace: cluster.workloads[place].namespace, kind: cluster.workloads[place].kind.rawValue, name: cluster.workloads[place].name)
            ]
        }
    }

    private mutating func number(_ name: WorkloadName) -> WorkloadNumber {
        if let number = numbers[name] { return number }
        let number = WorkloadNumber(rawValue: UInt32(workloads.count))
        workloads.append(name)
        numbers[name] = number
        return number
    }

    /// Feeds a tick.
    mutating func feed(_ detection: inout Detection, _ number: Int64, _ amounts: [TrafficModel.Amounts]) {
        var tick = ClosedTick(number: number, workloads: workloads)
        tick.signals = [.flows, .unsampledFlows, .tcpFlags]
        tick.series = series
        for part in parts {
            let amount = amounts[part.conversation]
            let size = conversations[part.conversation].packetSizes
            let sent = estimate((part.isReply ? amount.replyBytes : amount.requestBytes) * part.share, part.isReply ? size.reply : size.request)
            tick.series[part.place].amounts.bytes += Int64(sent.bytes)
            tick.series[part.place].amounts.packets += Int64(sent.packets)
        }
        if number % Self.edgeTicks == 0 { tick.edges = edges }
        _ = detection.evaluate(tick)
    }

    /// What is counted of an amount where some exporters look at some packets only.
    private mutating func estimate(_ bytes: Double, _ size: Double) -> (bytes: Double, packets: Double) {
        let packets = bytes / size
        let sampled = packets * sampledShare / samplingRate
        // The sum of twelve draws is near enough to a normal one.
        var sum = -2.0
        for _ in 0..<4 { sum += Double(random.next() >> 11) * 0x1p-53 }
        let seen = max(0, sampled + sampled.squareRoot() * sum * 1.732)
        let counted = packets * (1 - sampledShare) + seen * samplingRate
        return (counted * size, counted)
    }
}
