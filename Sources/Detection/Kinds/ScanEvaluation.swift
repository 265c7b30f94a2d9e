import Identity
import Windows

/// Scan: a source that reaches many destinations, or ports of them, that it had not reached in the day before; what fails counts ten times.
struct ScanEvaluation: KindEvaluation {
    /// How many times as much a new destination counts where the connection failed.
    private static let failureWeight = 10.0
    /// Ticks for which everything that a source does is new, since nothing is known of its day before.
    private static let youth: Int64 = 5760
    private static let mostExamples = 10

    private(set) var rule: Rule
    private var settings: Rule.ScanSettings

    init?(_ rule: Rule) {
        guard case .scan(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.settings = settings
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .scan(let settings) = rule.settings else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let tick = facts.tick
        var worst: [WorkloadNumber: (score: Double, fanOut: ClosedTick.FanOut)] = [:]
        for fanOut in tick.fanOuts where rule.filter.admitsSource(fanOut.workload, in: tick) {
            let score = Self.score(fanOut, settings, isYoung: fanOut.knownTicks < Self.youth)
            if score >= 1, score > worst[fanOut.workload]?.score ?? 0 { worst[fanOut.workload] = (score, fanOut) }
        }
        // Two workloads of one name and several kinds are one to the labels.
        var findings: [[String: String]: Finding] = [:]
        for (workload, found) in worst.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let finding = finding(found.fanOut, found.score, tick.name(workload))
            if found.score > findings[finding.labels]?.measure.score ?? 0 { findings[finding.labels] = finding }
        }
        return findings.values.sorted { $0.words < $1.words }
    }

    /// From 1 on it is a scan. While nothing is known of the day before, only what fails counts.
    static func score(_ fanOut: ClosedTick.FanOut, _ settings: Rule.ScanSettings, isYoung: Bool) -> Double {
        let share = failureShare(fanOut)
        let weight = failureWeight * share + (isYoung ? 0 : 1 - share)
        return weight * max(fanOut.newDestinations / settings.destinations, fanOut.newPorts / settings.ports)
    }

    private static func failureShare(_ fanOut: ClosedTick.FanOut) -> Double {
        fanOut.connections > 0 ? min(1, max(0, Double(fanOut.failures) / Double(fanOut.connections))) : 0
    }

    private func finding(_ fanOut: ClosedTick.FanOut, _ score: Double, _ name: WorkloadName) -> Finding {
        let (destinations, ports) = (Int64(clamping: Int(fanOut.newDestinations.rounded())), Int64(clamping: Int(fanOut.newPorts.rounded())))
        let byPorts = fanOut.newPorts / settings.ports > fanOut.newDestinations / settings.destinations
        var finding = Finding(
            labels: ["source_namespace": name.namespace, "source_workload": name.name],
            measure: Finding.Measure(
                value: byPorts ? fanOut.newPorts : fanOut.newDestinations, limit: byPorts ? settings.ports : settings.destinations,
                unit: byPorts ? "ports" : "destinations", score: score),
            words: "\(SeriesText.end(name)) reached about \(destinations) destinations and \(ports) ports that it had not reached in the day before; "
                + "\(fanOut.failures) of \(fanOut.connections) connections failed",
            scope: .source(fanOut.source))
        finding.details = fanOut.examples.prefix(Self.mostExamples).map { $0.words }
        return finding
    }
}

extension TickFacts {
    /// What scanners did to series in this tick, by slot.
    func scanned(by index: Int) -> [Int: Amounts] {
        if scanners.isEmpty { return [:] }
        var found: [Int: Amounts] = [:]
        for (place, series) in tick.series.enumerated() where scanners.contains(series.pair.source) {
            if let slot = sums[index].slot(ofPlace: pairs.order[place]) { found[slot, default: Amounts()] += series.amounts }
        }
        return found
    }

    /// The workloads that scan now, whatever rules there are: by the kind's defaults.
    static func scanners(in tick: ClosedTick) -> Set<WorkloadNumber> {
        Set(tick.fanOuts.filter { ScanEvaluation.score($0, Rule.ScanSettings(), isYoung: true) >= 1 }.map(\.workload))
    }
}
