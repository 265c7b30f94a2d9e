import FlowModel
import Identity
import Windows

import Detection

/// Makes closed ticks by names.
final class TickMaker {
    /// Monday, 2026-11-16, 00:00 UTC, in ticks.
    static let monday: Int64 = 1_794_787_200 / 15

    private(set) var workloads: [WorkloadName] = []
    private var numbers: [WorkloadName: WorkloadNumber] = [:]
    var apps: [String] = []
    var signals: ClosedTick.Signals = [.flows]

    /// `shop/frontend`; a namespace alone is an end without a name.
    func number(_ text: String) -> WorkloadNumber {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        let name = WorkloadName(namespace: parts[0], kind: parts.count > 1 ? "Deployment" : "", name: parts.count > 1 ? parts[1] : "")
        if let number = numbers[name] { return number }
        let number = WorkloadNumber(rawValue: UInt32(workloads.count))
        workloads.append(name)
        numbers[name] = number
        return number
    }

    func pair(_ source: String, _ destination: String) -> WorkloadPair {
        WorkloadPair(source: number(source), destination: number(destination))
    }

    func series(_ source: String, _ destination: String, missing: Bool = false, _ set: (inout Amounts) -> Void) -> ClosedTick.Series {
        var amounts = Amounts()
        set(&amounts)
        return ClosedTick.Series(pair: pair(source, destination), amounts: amounts, isMissing: missing)
    }

    func edge(
        _ source: String, _ destination: String, _ port: UInt16, protocolNumber: UInt8 = 6, bytes: Int64 = 1500
    ) -> ClosedTick.SeenEdge {
        var flow = Flow()
        flow.source = IPAddress(v4: 0x0A00_0001)
        flow.destination = IPAddress(v4: 0x0A00_0002)
        flow.sourcePort = 40_000
        flow.destinationPort = port
        flow.protocolNumber = protocolNumber
        flow.bytes = UInt64(bytes)
        flow.packets = 3
        let kept = KeptFlow(flow, source: .world, destination: .world, exporter: IPAddress(v4: 0x0A00_0064))
        return ClosedTick.SeenEdge(
            edge: ClosedTick.Edge(pair: pair(source, destination), protocolNumber: protocolNumber, port: port), bytes: bytes, packets: 3,
            example: kept)
    }

    func tick(_ number: Int64, _ series: [ClosedTick.Series] = [], edges: [ClosedTick.SeenEdge] = []) -> ClosedTick {
        var tick = ClosedTick(number: Self.monday + number, workloads: workloads)
        tick.apps = apps
        tick.series = series
        tick.edges = edges
        tick.signals = signals
        return tick
    }
}

extension Detection {
    /// Only these rules, of a cluster that is seen whole.
    init(_ rules: [Rule], seesWholeCluster: Bool = true, collector: String = "", change: (inout DetectionConfiguration) -> Void = { _ in }) {
        var configuration = DetectionConfiguration()
        configuration.disabledRules = BuiltInRules.rules.map(\.name).filter { name in !rules.contains { $0.name == name } }
        configuration.ownRules = rules
        change(&configuration)
        self.init(configuration, seesWholeCluster: seesWholeCluster, collector: collector)
    }

    /// The findings of the only rule.
    mutating func findings(_ tick: ClosedTick) -> [Finding] {
        evaluate(tick).flatMap(\.findings)
    }
}
