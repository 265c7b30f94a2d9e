import ConfigurationFile
import Detection
import Exporters
import FlowModel
import Identity
import Synchronization
import Windows

/// Runs the rules over the recent past: what the service does live, and `weir check rules --against` over captures.
final class RuleWatch: Sendable {
    private struct State: Sendable {
        var detection: Detection
        var fabric: FabricTicks
    }

    private let pipeline: Pipeline
    private let recent: RecentPast
    private let state: Mutex<State>

    /// Nil where the pipeline keeps nothing for rules; `start`: when this run began.
    init?(_ pipeline: Pipeline, _ detection: Detection, start: Timestamp) {
        guard let recent = pipeline.recent else { return nil }
        self.pipeline = pipeline
        self.recent = recent
        state = Mutex(State(detection: detection, fabric: FabricTicks(start: start)))
    }

    /// Judges the ticks that can be judged now, oldest first.
    ///
    /// - Parameters:
    ///   - isLast: whether nothing more will come.
    ///   - body: is given what the rules found in each of them, and the tick's number.
    func evaluate(
        _ configuration: ExportersConfiguration, now: Timestamp, isLast: Bool = false, _ body: (_ reports: [RuleReport], _ tick: Int64) -> Void
    ) {
        let identity = pipeline.shared.current().view.identity
        recent.takeOver(pipeline.totals.shards, identity, now: now)
        var ticks = recent.close(identity, now: now, isLast: isLast)
        guard !ticks.isEmpty else { return }
        let last = ticks.count - 1
        let lossy = state.withLock { $0.fabric.fill(&ticks[last], pipeline, configuration, now: now) }
        for place in ticks.indices.dropLast() { ticks[place].nodes = ticks[last].nodes }
        recent.note(heard: [], lost: lossy.map(pipeline.shared.exporterNumbers.number(of:)), now: now)
        recent.note(ticks[last].signals)
        for tick in ticks {
            let reports = state.withLock { $0.detection.evaluate(tick) }
            body(reports, tick.number)
        }
    }

    /// Looks at what rules know, or changes it.
    func withDetection<Result: Sendable>(_ body: (inout Detection) -> Result) -> Result {
        state.withLock { body(&$0.detection) }
    }

    // MARK: Evidence

    /// Talks that are looked through for their share of the change.
    private static let talks = 4096
    private static let pairsShown = 10
    private static let flowsShown = 10
    private static let reasonsShown = 5
    /// Heaviest flows of the minutes before the tick's end, nanoseconds.
    private static let flowWindow: Int64 = 180_000_000_000

    /// What an alert of a finding has to show.
    func evidence(for finding: Finding, in tick: Int64, _ configuration: ExportersConfiguration) -> Evidence {
        let end = Timestamp(seconds: (tick + 1) * ClosedTick.seconds)
        var evidence = Evidence(finding, at: end)
        let talks: [Windows.Talk]
        var exporters: Set<ExporterNumber> = []
        switch finding.scope {
        case .none: return evidence
        case .pairs(let pairs):
            talks = recent.talks(between: pairs, upTo: tick, limit: Self.talks)
            exporters = recent.exporters(of: pairs)
            if finding.labels["signal"] == Finding.flowSignal {
                let reasons = recent.dropReasons(of: pairs).prefix(Self.reasonsShown).map { "\($0.reason.label) \($0.packets)" }
                if !reasons.isEmpty { evidence.details.append("Dropped packets of the last minutes by reason: \(reasons.joined(separator: ", ")).") }
            }
        case .source(let source): talks = recent.talks(of: source, upTo: tick, limit: Self.talks)
        }
        let change = talks.reduce(0.0) { $0 + $1.change }
        let registry = pipeline.registry
        evidence.pairs = talks.prefix(Self.pairsShown).map { talk in
            let (source, destination) = (registry.labels(of: talk.source), registry.labels(of: talk.destination))
            return Evidence.PodPair(
                sourceNamespace: source.namespace, sourcePod: source.pod, destinationNamespace: destination.namespace,
                destinationPod: destination.pod,
                transport: IPProtocolText.string(talk.protocolNumber), port: talk.port, bytes: talk.bytes, packets: talk.packets,
                shareOfChange: change > 0 && talk.bytesBefore != nil ? talk.change / change : nil)
        }
        let ends = Set(talks.map { PairOfEnds(source: $0.source, destination: $0.destination).key })
        let flows = pipeline.totals.heaviestFlows(from: end.advanced(by: -Self.flowWindow), to: end, limit: Self.flowsShown) { flow in
            ends.contains(PairOfEnds(source: flow.flow.sourceEndpoint, destination: flow.flow.destinationEndpoint).key)
        }
        let names = Dictionary(configuration.exporters.map { ($0.address, $0.name ?? $0.address.description) }) { first, _ in first }
        func name(_ address: IPAddress) -> String { names[address] ?? address.description }
        evidence.flows = flows.map { named in
            let flow = named.flow
            return Evidence.HeavyFlow(
                source: flow.source.description, sourcePort: flow.sourcePort, destination: flow.destination.description,
                destinationPort: flow.destinationPort, transport: IPProtocolText.string(flow.protocolNumber), bytes: flow.bytes,
                packets: flow.packets,
                start: flow.start.seconds, end: flow.end.seconds, exporter: name(flow.exporter))
        }
        let addresses = Set(exporters.compactMap(pipeline.shared.exporterNumbers.address(of:))).union(flows.map(\.flow.exporter))
        evidence.exporters = addresses.filter { !$0.isUnspecified }.map(name).sorted()
        return evidence
    }
}
