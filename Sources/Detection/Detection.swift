import Windows

/// Evaluates the rules, tick by tick: what they find, and what they know over time.
package struct Detection: Sendable {
    private var configuration: DetectionConfiguration
    /// Whether all of the cluster's traffic is counted here.
    private let seesWholeCluster: Bool
    /// Put on every finding where only a part of the cluster is seen.
    private let collector: String
    private var pairs = BasePairs()
    private var sums: [SeriesSums] = []
    private var evaluations: [any KindEvaluation] = []
    private var graph: LearnedGraph
    private var signals: ClosedTick.Signals = []
    private var hasExporters = false
    private var lastTick: Int64?
    /// Of sums that no rule needs any longer: their places are free.
    private var unusedSums: Set<Int> = []
    /// Series that had to go from sums that are no longer there.
    private var earlierEvictions = 0

    /// A tick that lies so far before the last one says that the clock was set back: an hour.
    private static let farBack: Int64 = 240

    /// - Parameters:
    ///   - seesWholeCluster: false with `collector.scope: node`, and where several instances share the exporters: rules that compare with what the whole
    ///     cluster does are off then.
    ///   - collector: the name of this instance, a label of all findings where it sees a part only.
    package init(_ configuration: DetectionConfiguration, seesWholeCluster: Bool, collector: String = "") {
        self.configuration = configuration
        self.seesWholeCluster = seesWholeCluster
        self.collector = collector
        graph = LearnedGraph(limit: configuration.maxEdges)
        arrange()
    }

    /// Judges a tick: a report for each rule that can be judged by it, also where it found nothing. Ticks come in order; one that is no later than the last is
    /// ignored, unless it lies more than an hour before: the clock was ahead then, and what was counted by it begins anew.
    package mutating func evaluate(_ tick: ClosedTick) -> [RuleReport] {
        if let lastTick, tick.number < lastTick, lastTick - tick.number > Self.farBack { rewind(to: tick.number) }
        guard tick.number > lastTick ?? .min else { return [] }
        lastTick = tick.number
        signals.formUnion(tick.signals)
        if !tick.exporters.isEmpty { hasExporters = true }
        pairs.take(tick)
        for index in sums.indices where !unusedSums.contains(index) { sums[index].take(tick, pairs) }
        graph.take(tick)
        let facts = TickFacts(tick: tick, pairs: pairs, sums: sums, graph: graph, scanners: TickFacts.scanners(in: tick))
        return evaluations.indices.compactMap { index in
            // Of what is told with the newest tick alone there is nothing to say in the others.
            if !tick.isNewest, [.exporter, .scan].contains(evaluations[index].rule.kind) { return nil }
            var findings = evaluations[index].evaluate(facts)
            if !seesWholeCluster, !collector.isEmpty {
                for place in findings.indices { findings[place].labels["collector"] = collector }
            }
            return RuleReport(rule: evaluations[index].rule, findings: findings, at: tick.end)
        }
    }

    /// Takes a new configuration: rules that look at the same series as before keep what they know.
    package mutating func reconfigure(_ configuration: DetectionConfiguration) {
        self.configuration = configuration
        graph.setLimit(configuration.maxEdges)
        arrange()
    }

    /// The rules that are run.
    package var rules: [Rule] { evaluations.map(\.rule) }

    /// Puts an evaluation in place for each rule that can be run here, that of before where it fits.
    private mutating func arrange() {
        let known = Dictionary(evaluations.map { ($0.rule.name, $0) }) { first, _ in first }
        evaluations = []
        for rule in configuration.rules where seesWholeCluster || !rule.needsWholeCluster {
            if var old = known[rule.name], old.adopt(rule) {
                evaluations.append(old)
            } else if let new = evaluation(of: rule) {
                evaluations.append(new)
            }
        }
        let used = Set(evaluations.compactMap(\.watchedSums))
        for index in sums.indices where !used.contains(index) && unusedSums.insert(index).inserted {
            earlierEvictions += sums[index].evictions
            sums[index] = SeriesSums(SeriesSums.Shape(by: [], filter: TrafficFilter()), limit: 0)
        }
    }

    /// Takes `tick` for now, after a clock that was ahead. What series usually do stays known; windows begin anew.
    private mutating func rewind(to tick: Int64) {
        lastTick = nil
        graph.rewind(to: tick)
        for index in sums.indices { sums[index].rewind(to: tick) }
        for index in evaluations.indices {
            if evaluations[index].rewind(to: tick) { continue }
            if let new = evaluation(of: evaluations[index].rule) { evaluations[index] = new }
        }
    }

    private mutating func evaluation(of rule: Rule) -> (any KindEvaluation)? {
        switch rule.kind {
        case .spike, .silence: ChangeEvaluation(rule, sumsIndex: sumsIndex(rule), limit: configuration.maxSeries)
        case .drops: DropsEvaluation(rule, sumsIndex: sumsIndex(rule))
        case .congestion: CongestionEvaluation(rule, sumsIndex: sumsIndex(rule))
        case .connectionFailures: ConnectionFailuresEvaluation(rule, sumsIndex: sumsIndex(rule))
        case .threshold: ThresholdEvaluation(rule, sumsIndex: sumsIndex(rule))
        case .unexpected: UnexpectedEvaluation(rule)
        case .scan: ScanEvaluation(rule)
        case .exporter: ExporterEvaluation(rule)
        }
    }

    private mutating func sumsIndex(_ rule: Rule) -> Int {
        let shape = SeriesSums.Shape(by: rule.by, filter: rule.filter)
        if let index = sums.indices.first(where: { sums[$0].shape == shape && !unusedSums.contains($0) }) { return index }
        let new = SeriesSums(shape, limit: configuration.maxSeries)
        if let free = unusedSums.popFirst() {
            sums[free] = new
            return free
        }
        sums.append(new)
        return sums.count - 1
    }
}

// MARK: What can be told

extension Detection {
    /// For each rule and each signal that it could go by: whether the exporters at hand carry it, and what stands against it where they do not.
    package var availability: [(rule: String, signal: String, isAvailable: Bool, reason: String?)] {
        let learning = Dictionary(evaluations.map { ($0.rule.name, $0 as? UnexpectedEvaluation) }) { first, _ in first }
        return configuration.rules.flatMap { rule in
            rule.signals.map { signal in
                if !seesWholeCluster, rule.needsWholeCluster {
                    return (rule.name, signal.rawValue, false, "needs the whole cluster, of which this instance sees a part")
                }
                if signal == .learnedEdges {
                    let end = (learning[rule.name] ?? nil)?.learnsUntil(graph, at: lastTick ?? 0)
                    return (rule.name, signal.rawValue, end == nil, end.map { "still learning, until \(TickText.string($0))" })
                }
                let isThere = signal.needs.map { signals.contains($0) } ?? hasExporters
                let words = rule.kind == .scan && signal == .tcpFlags ? "not detectable in a source's first day" : "not detectable with this export"
                return (rule.name, signal.rawValue, isThere, isThere ? nil : "\(words): \(signal.absence)")
            }
        }
    }

    /// How many series the rules watch, how many had to leave since the start, and for how many pairs of workloads there is no room.
    package var seriesCounts: (watched: Int, evicted: Int, turnedAway: Int) {
        (sums.reduce(0) { $0 + $1.count }, sums.reduce(earlierEvictions) { $0 + $1.evictions }, sums.reduce(0) { $0 + $1.turnedAway })
    }

    /// How many edges are known, and how many had to leave since the start.
    package var edgeCounts: (known: Int, evicted: Int) { (graph.count, graph.evictions) }
}

// MARK: What is kept

extension Detection {
    /// All that is to be kept over a restart.
    package func saved() -> SavedDetection {
        SavedDetection(series: evaluations.compactMap { $0.saved(sums) }, graph: graph.saved)
    }

    /// Takes up what an earlier run kept, before the first tick; what makes no sense, or is of rules that are no longer there, is left out.
    package mutating func restore(_ saved: SavedDetection, at now: Int64) {
        graph.restore(saved.graph)
        // An earlier run's clock may have been ahead.
        graph.rewind(to: now)
        for series in saved.series {
            guard let index = evaluations.firstIndex(where: { $0.rule.name == series.rule }) else { continue }
            evaluations[index].restore(series, &sums, at: now)
        }
    }
}

// MARK: Learned edges

extension Detection {
    /// What has been learned, for people to keep, read and change.
    package var baseline: Baseline { Baseline(graph) }

    /// Takes in what has been learned elsewhere, or written by hand, beside what is known; how many of its edges are known then: beyond the limit
    /// those leave that were not seen for longest.
    @discardableResult
    package mutating func add(_ baseline: Baseline) -> Int {
        baseline.add(to: &graph)
        graph.bound()
        return baseline.edges.count { graph.contains($0.edge) }
    }

    /// Takes a baseline for all that there is: what is not in it is new at once.
    package mutating func begin(with baseline: Baseline) {
        baseline.add(to: &graph)
        graph.begin(at: 0)
    }
}
