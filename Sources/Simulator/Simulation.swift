import FlowModel

/// A made-up cluster, its traffic, its exporters and what goes wrong in it: a value that is told the time, without sockets and clocks. The same seed and the same
/// times make the same datagrams.
package struct Simulation: Sendable {
    private static let second: Int64 = 1_000_000_000
    /// Incidents are looked at so many seconds ahead: their pods must be known before they talk.
    private static let foresight: Int64 = 30

    package private(set) var cluster: SimulatedCluster
    package let scenario: Scenario
    /// The time of the first tick that is exported.
    package private(set) var start: Timestamp
    package private(set) var model: TrafficModel
    private var planner: FlowPlanner
    private var incidents: IncidentTraffic
    private var life: ClusterLife
    private var exporters: [SimulatedExporter]
    private var time: Timestamp

    /// A cluster whose traffic begins with the tick that `start` lies in; it exports from there on, unless some of it has been ``livePast(until:_:)``.
    package init(seed: UInt64, start: Timestamp, scenario: Scenario = Scenario()) {
        let cluster = SimulatedCluster(seed: seed)
        let tick = Self.tick(of: start)
        let begin = Timestamp(seconds: tick * TrafficModel.tickSeconds)
        self.cluster = cluster
        self.scenario = scenario
        self.start = begin
        model = TrafficModel(Conversation.company(cluster), seed: seed, from: tick)
        planner = FlowPlanner(seed: seed)
        incidents = IncidentTraffic(seed: seed)
        life = ClusterLife(seed: seed)
        exporters = ExportKind.ofNodes.enumerated().map { node, kind in
            SimulatedExporter(node: node, address: cluster.nodes[node].address, kind, start: begin, seed: seed)
        }
        time = begin
    }

    private static func tick(of time: Timestamp) -> Int64 { time.nanoseconds / second / TrafficModel.tickSeconds }

    /// What the exporters speak, by node.
    package var kinds: [ExportKind] { exporters.map(\.kind) }

    /// Takes the ticks before the one that `end` lies in, oldest first, as a past in which nothing was exported; the script begins after it.
    package mutating func livePast(until end: Timestamp, _ body: (_ tick: Int64, _ amounts: [TrafficModel.Amounts]) -> Void) {
        let last = Self.tick(of: end)
        while model.tick < last {
            let tick = model.tick
            body(tick, model.next())
        }
        start = Timestamp(seconds: model.tick * TrafficModel.tickSeconds)
        time = start
    }

    /// Lets time pass up to `now`: the datagrams that are due by then, in the order of time for each exporter.
    package mutating func advance(to now: Timestamp) -> [SimulatedDatagram] {
        var found: [SimulatedDatagram] = []
        while time <= now {
            let second = time.since(start) / Self.second
            life.advance(
                &cluster, to: second, minute: time.nanoseconds / Self.second / 60, scenario.active(at: second + Self.foresight))
            if second % TrafficModel.tickSeconds == 0 { plan(at: second) }
            let isSilent = scenario.active(at: second).contains { $0.incident.effect == .exporter }
            for index in exporters.indices { found += exporters[index].datagrams(dueAt: time, isSilent: isSilent && index == Self.silentNode) }
            time = time.advanced(by: Self.second)
        }
        return found
    }

    private static let silentNode = 3
    private static let congestedNode = 1

    private mutating func plan(at second: Int64) {
        let active = scenario.active(at: second)
        let amounts = model.next()
        var flows: [PlannedFlow] = []
        for (conversation, amount) in zip(model.conversations, amounts) {
            let change = IncidentTraffic.change(conversation, active, cluster)
            let changed = TrafficModel.Amounts(requestBytes: amount.requestBytes * change.factor, replyBytes: amount.replyBytes * change.factor)
            flows += planner.flows(conversation, changed, cluster, isDenied: change.isDenied)
        }
        flows += incidents.flows(active, cluster, newcomer: newcomer, seconds: Double(TrafficModel.tickSeconds))
        let isCongested = active.contains { $0.incident.effect == .congestion }
        for index in exporters.indices { exporters[index].plan(flows, from: time, isCongested: isCongested && index == Self.congestedNode) }
    }

    private var newcomer: Int? {
        life.newcomer.flatMap { cluster.pods[$0.pod].isRunning ? $0.pod : nil }
    }
}
