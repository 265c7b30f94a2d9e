import Detection
import FlowModel
import Identity
import Simulator
import Windows

/// The days before the demo: feeds the rules what the simulated cluster did, through the call that feeds them live.
package struct DemoPast {
    /// Fourteen days, nanoseconds.
    package static let length: Int64 = 14 * 86_400_000_000_000
    /// Who talks to whom is told once in so many ticks; a talk is over after twenty without.
    private static let edgeTicks: Int64 = 10

    /// Minutes that Prometheus is told of, those of the windows of `alerts/` among them: a day and two hours.
    private static let recordedMinutes = 26 * 60
    /// Minutes of the recorded rate.
    private static let rateMinutes = 20

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
    /// By pair of namespaces: bytes of each minute, the newest last.
    private var minutes: [[Double]] = []
    private var namespaces: [[String]] = []
    /// The place of each series in these.
    private var pairOfSeries: [Int] = []
    private var lastTick: Int64 = 0
    private let conversations: [Conversation]
    private let sampledShare: Double
    private let samplingRate: Double
    private var random = SplitMix64(seed: 14)

    package init(_ simulation: Simulation) {
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
                        if place == series.count {
                            series.append(ClosedTick.Series(pair: pair))
                            notePair(of: pair)
                        }
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

    private mutating func notePair(of pair: WorkloadPair) {
        let names = [pair.source, pair.destination].map { workloads[Int($0.rawValue)].namespace }
        let place = namespaces.firstIndex(of: names) ?? namespaces.count
        if place == namespaces.count { namespaces.append(names) }
        pairOfSeries.append(place)
    }

    /// What rules know that learn, after the simulation's ticks up to the one that `now` lies in.
    package mutating func detection(_ configuration: WeirConfiguration, _ simulation: inout Simulation, until now: () -> Timestamp) -> SavedDetection
    {
        // Of the others nothing is kept over a start.
        var learning = configuration
        learning.detection.disabledRules = configuration.detection.rules.filter { ![.spike, .silence, .unexpected].contains($0.kind) }.map(\.name)
        var detection = Detection(learning)
        // Twice: something goes by meanwhile.
        for _ in 0..<2 { simulation.livePast(until: now()) { tick, amounts in feed(&detection, tick, amounts) } }
        return detection.saved()
    }

    /// Feeds a tick.
    private mutating func feed(_ detection: inout Detection, _ number: Int64, _ amounts: [TrafficModel.Amounts]) {
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
        record(tick)
        _ = detection.evaluate(tick)
    }

    /// Keeps the minutes of the last day.
    private mutating func record(_ tick: ClosedTick) {
        lastTick = tick.number
        if tick.number % 4 == 0 || minutes.isEmpty {
            // Dropped in large pieces, so that it costs next to nothing.
            if minutes.count > 2 * Self.recordedMinutes { minutes.removeFirst(minutes.count - Self.recordedMinutes - Self.rateMinutes) }
            minutes.append([Double](repeating: 0, count: namespaces.count))
        }
        let last = minutes.count - 1
        for (series, pair) in zip(tick.series, pairOfSeries) { minutes[last][pair] += Double(series.amounts.bytes) }
    }

    /// What Prometheus would have recorded by `alerts/weir-traffic.rules.yaml`, in OpenMetrics.
    var recorded: String {
        let name = "namespace_pair:weir_flow_bytes:rate20m"
        var text = "# TYPE \(name) gauge\n"
        let lastMinute = lastTick / 4
        let first = max(Self.rateMinutes, minutes.count - Self.recordedMinutes)
        for (pair, names) in namespaces.enumerated() {
            let labels = "{source_namespace=\"\(names[0])\",destination_namespace=\"\(names[1])\"}"
            // The last minute may not be whole.
            for place in first..<max(first, minutes.count - 1) {
                let sum = minutes[(place - Self.rateMinutes + 1)...place].reduce(0) { $0 + $1[pair] }
                let second = (lastMinute - Int64(minutes.count - 1 - place) + 1) * 60
                text += "\(name)\(labels) \(Int64(sum) / Int64(Self.rateMinutes * 60)) \(second)\n"
            }
        }
        return text + "# EOF\n"
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
