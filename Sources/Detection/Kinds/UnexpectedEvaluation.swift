import ConfigurationFile
import Windows

/// Unexpected: traffic between two workloads that is not allowed, or was not there while the rule learned.
///
/// A learned edge is told of once: as long as its first traffic goes on, at most for as long as the rule learns. With a list and without learning an edge that
/// is not in the list is told of whenever there is traffic. Both end five minutes after the traffic, and at once when somebody approves the edge.
struct UnexpectedEvaluation: KindEvaluation {
    /// What the list says of an edge.
    private struct Verdict {
        var key: LearnedGraph.Key
        var isOurs: Bool
    }

    private(set) var rule: Rule
    private var settings: Rule.UnexpectedSettings
    /// By slot of the graph.
    private var verdicts: [Int: Verdict] = [:]
    private var generation = 0

    init?(_ rule: Rule) {
        guard case .unexpected(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.settings = settings
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .unexpected(let settings) = rule.settings else { return false }
        self.rule = rule
        self.settings = settings
        verdicts.removeAll()
        return true
    }

    /// Until which tick nothing is told of, since it is still learning; nil where it is not.
    func learnsUntil(_ graph: LearnedGraph, at tick: Int64) -> Int64? {
        guard let time = settings.learningTime else { return nil }
        guard let since = graph.since else { return tick + Int64(SlidingSums.ticks(time)) }
        let end = since + Int64(SlidingSums.ticks(time))
        return tick < end ? end : nil
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let graph = facts.graph
        if generation != graph.generation || verdicts.count > 2 * graph.limit {
            generation = graph.generation
            verdicts.removeAll()
        }
        var findings: [(slot: Int, finding: Finding)] = []
        for (slot, seen) in graph.recent {
            guard let entry = graph.entries[slot], !entry.isApproved, isNew(entry, graph, at: facts.tick.number) else { continue }
            guard isOurs(slot, entry.key, seen, facts.tick), let edge = graph.edge(slot) else { continue }
            findings.append((slot, finding(edge, entry, seen, at: facts.tick)))
        }
        // Workloads of one name and several kinds are one to the labels: the first one found stays.
        var told: Set<[String: String]> = []
        return findings.sorted { $0.slot < $1.slot }.map(\.finding).filter { told.insert($0.labels).inserted }
    }

    private func isNew(_ entry: LearnedGraph.Entry, _ graph: LearnedGraph, at tick: Int64) -> Bool {
        guard let time = settings.learningTime else { return true }
        let ticks = Int64(SlidingSums.ticks(time))
        guard !entry.isSettled, let since = graph.since else { return false }
        return entry.first >= since + ticks && tick - entry.first < ticks
    }

    /// Whether an edge is of the traffic that the rule looks at, and not allowed.
    private mutating func isOurs(_ slot: Int, _ key: LearnedGraph.Key, _ seen: ClosedTick.SeenEdge, _ tick: ClosedTick) -> Bool {
        if let known = verdicts[slot], known.key == key { return known.isOurs }
        let isOurs = rule.filter.admits(seen.edge.pair, in: tick) && !settings.allowed.contains { $0.admits(seen.edge, in: tick) }
        verdicts[slot] = Verdict(key: key, isOurs: isOurs)
        return isOurs
    }

    private func finding(_ edge: EdgeName, _ entry: LearnedGraph.Entry, _ seen: ClosedTick.SeenEdge, at tick: ClosedTick) -> Finding {
        let rate = entry.last == tick.number ? Double(max(0, seen.bytes)) / Double(ClosedTick.seconds) : 0
        let transport = IPProtocolText.string(edge.protocolNumber)
        let service = edge.port == 0 ? transport : "\(transport)/\(edge.port)"
        var labels = [
            "source_namespace": edge.source.namespace, "source_workload": edge.source.name, "destination_namespace": edge.destination.namespace,
            "destination_workload": edge.destination.name, "protocol": transport,
        ]
        if edge.port != 0 { labels["port"] = "\(edge.port)" }
        let why =
            if let time = settings.learningTime {
                "is new: it was not seen while the rule learned (\(DurationText.string(nanoseconds: time))), nor since"
            } else {
                "is not among what the rule allows"
            }
        var finding = Finding(
            labels: labels, measure: Finding.Measure(value: rate, unit: "bytes/s"),
            words: "\(SeriesText.end(edge.source)) → \(SeriesText.end(edge.destination)) \(service) \(why)", scope: .pairs([seen.edge.pair]))
        finding.details = ["For example \(seen.example.words)."]
        return finding
    }
}
