import Ledger
import Metrics

/// Writes `/metrics` a portion at a time: rows are copied out of the ledger a thousand at once, and formatted with no lock held.
struct MetricsStream {
    private enum Step: Sendable {
        case pairs(FlowFamily)
        case rare(FlowFamily)
        case nodes(NodeMetrics.Family)
        case interfaces
        case own
        case end
    }

    private static let rowsAtOnce = 1000

    private let source: MetricsSource
    private var writer: ExpositionWriter
    private var steps: ArraySlice<Step>
    private var cursor = 0
    private var hasBegun = false
    private var texts: EndpointTexts
    private var pairs: [Ledger.ExposedPair] = []
    private var nodes: NodeMetrics?
    private var rare: [Ledger.ExposedRareAmount] = []

    init(_ source: MetricsSource, format: ExpositionFormat, parts: Set<MetricsPart>) {
        self.source = source
        var steps: [Step] = []
        if parts.contains(.flows) {
            let families = source.configuration().ledger.families
            steps += FlowFamily.pairFamilies.filter { families.contains($0.family) }.map(Step.pairs)
            steps += FlowFamily.rareFamilies.filter { families.contains($0.family) }.map(Step.rare)
            steps += NodeMetrics.Family.allCases.map(Step.nodes)
        }
        if parts.contains(.interfaces) { steps.append(.interfaces) }
        if parts.contains(.self) { steps.append(.own) }
        steps.append(.end)
        self.steps = steps[...]
        texts = EndpointTexts(source.configuration().identity.labels)
        writer = ExpositionWriter(format: format)
    }

    /// Appends the next portion to `buffer`; whether more follows.
    mutating func next(into buffer: inout [UInt8]) -> Bool {
        guard let step = steps.first else { return false }
        if write(step) {
            steps.removeFirst()
            cursor = 0
            hasBegun = false
        }
        writer.drain(into: &buffer)
        return !steps.isEmpty
    }

    /// Writes the next portion of a step; whether that was the last.
    private mutating func write(_ step: Step) -> Bool {
        switch step {
        case .pairs(let family): return writePairs(family)
        case .rare(let family): return writeRare(family)
        case .nodes(let family): return writeNodes(family)
        case .interfaces: InterfaceMetrics.write(source, to: &writer)
        case .own: SelfMetrics.write(source, to: &writer)
        case .end: writer.finish()
        }
        return true
    }

    private mutating func writeNodes(_ family: NodeMetrics.Family) -> Bool {
        // Both families tell of one moment.
        let nodes = nodes ?? NodeMetrics(source.nodeTraffic)
        self.nodes = nodes
        return nodes.write(family, after: &cursor, limit: Self.rowsAtOnce, to: &writer)
    }

    private mutating func begin(_ family: FlowFamily) {
        guard !hasBegun else { return }
        hasBegun = true
        writer.family(family.name, type: .counter, help: family.help)
    }

    private mutating func writePairs(_ family: FlowFamily) -> Bool {
        begin(family)
        pairs.removeAll(keepingCapacity: true)
        let hasMore = source.totals.withLedger { $0.pairs(after: &cursor, limit: Self.rowsAtOnce, into: &pairs) }
        texts.refresh(source.registry)
        let withCreated = source.configuration().ledger.createdSamples
        for pair in pairs where texts.knows(pair.source) && texts.knows(pair.destination) {
            let first = texts.source(pair.source)
            let second = texts.destination(pair.destination)
            writer.sample(first, second, value: family.value(pair))
            if withCreated { writer.created(first, second, seconds: date(pair.created)) }
        }
        return !hasMore
    }

    private mutating func writeRare(_ family: FlowFamily) -> Bool {
        begin(family)
        rare.removeAll(keepingCapacity: true)
        let hasMore = source.totals.withLedger { $0.rareAmounts(after: &cursor, limit: Self.rowsAtOnce, into: &rare) }
        texts.refresh(source.registry)
        let withCreated = source.configuration().ledger.createdSamples
        for amount in rare where family.takes(amount.amount) {
            guard texts.knows(amount.source), texts.knows(amount.destination) else { continue }
            let first = texts.source(amount.source)
            let second = texts.destination(amount.destination)
            let third = amount.amount.reason.map { LabelText(["reason": $0.label]) } ?? .none
            writer.sample(first, second, third, value: amount.value)
            if withCreated { writer.created(first, second, third, seconds: date(amount.created)) }
        }
        return !hasMore
    }

    private func date(_ monotonic: Int64) -> Double {
        Double(monotonic &+ source.monotonicEpoch) / 1e9
    }
}
