import Windows

/// Congestion: a physical interface that is full or discards, packets marked on their way, or packets that one node sent and the other never received.
///
/// Resets and unanswered connections are told of beside such a signal; by themselves they have too many other causes.
struct CongestionEvaluation: KindEvaluation {
    private enum Column: Int, CaseIterable {
        case marked
        case packets
        case connections
        case unanswered
        case resets
    }

    /// A node pair's minutes.
    private struct Crossing {
        var tick: Int64
        var sent: UInt64
        var received: UInt64
    }

    /// An interface, both directions of it.
    private struct Port: Hashable {
        var exporter: String
        var interface: String

        init(_ key: InterfaceWindows.Key) { (exporter, interface) = (key.exporter, key.interface) }
    }

    private struct NodePair: Hashable {
        var source: String
        var destination: String
    }

    /// Discarded packets a second of an interface without which a share means nothing.
    private static let leastDiscards = 1.0
    private static let mostNodePairs = 1_000_000
    private static let mostFalseSpeeds = 100_000

    private(set) var rule: Rule
    private let sumsIndex: Int
    var watchedSums: Int? { sumsIndex }
    private var settings: Rule.CongestionSettings
    private var window: SlidingSums
    private var interfaces: InterfaceWindows
    private var crossings: [NodePair: [Crossing]] = [:]
    /// bit/s that interfaces are said to have and once went beyond.
    private var falseSpeeds: [Port: UInt64] = [:]

    init?(_ rule: Rule, sumsIndex: Int) {
        guard case .congestion(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.sumsIndex = sumsIndex
        self.settings = settings
        window = SlidingSums(columns: Column.allCases.count, window: settings.window)
        interfaces = InterfaceWindows(window: settings.window)
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .congestion(let settings) = rule.settings, settings.window == self.settings.window, rule.by == self.rule.by,
            rule.filter == self.rule.filter
        else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let sums = facts.sums[sumsIndex]
        window.advance(with: sums)
        for (slot, amounts) in sums.sums.enumerated() where !sums.isUncertain[slot] && (amounts.packets > 0 || amounts.synRecords > 0) {
            window.add(amounts.ecnMarkedPackets, slot: slot, column: Column.marked.rawValue)
            window.add(amounts.packets, slot: slot, column: Column.packets.rawValue)
            window.add(amounts.synRecords, slot: slot, column: Column.connections.rawValue)
            window.add(amounts.unansweredRecords, slot: slot, column: Column.unanswered.rawValue)
            window.add(amounts.resetRecords, slot: slot, column: Column.resets.rawValue)
        }
        interfaces.take(facts.tick)
        takeCrossings(facts.tick)
        let found = interfaces.all
        noteFalseSpeeds(found)
        // Interfaces and nodes carry all kinds of traffic, and no more of what a filter asks for than of the rest.
        return marks(sums, facts) + (rule.filter.isOpen ? found.flatMap(findings) + losses(at: facts.tick.number) : [])
    }

    private func sum(_ slot: Int, _ column: Column) -> Int64 { window.sum(slot: slot, column: column.rawValue) }

    // MARK: Marks

    private func marks(_ sums: SeriesSums, _ facts: TickFacts) -> [Finding] {
        let least = settings.minimum * window.seconds
        let slots = sums.sums.indices.filter { slot in
            let (marked, packets) = (Double(sum(slot, .marked)), Double(sum(slot, .packets)))
            return marked > 0 && packets >= least && marked >= settings.ecnShare * packets
        }
        let pairs = sums.pairs(of: Set(slots), in: facts.tick, facts.pairs)
        return slots.map { slot in
            let (marked, packets) = (sum(slot, .marked), sum(slot, .packets))
            let share = min(1, Double(marked) / Double(max(packets, 1)))
            var labels = sums.labels(of: slot)
            let series = SeriesText.string(labels)
            labels["signal"] = "ecn"
            var finding = Finding(
                labels: labels, measure: Finding.Measure(value: share, limit: settings.ecnShare, unit: "ratio"),
                words: "\(series): \(NumberText.percent(share)) of the packets of the last \(DurationWords.string(window.seconds)) were marked "
                    + "\"congestion experienced\" (ECN), \(marked) of \(packets); told from \(NumberText.percent(settings.ecnShare)) on",
                scope: .pairs(pairs[slot] ?? []))
            finding.details = support(slot)
            finding.history = window.shares(of: Column.marked.rawValue, in: Column.packets.rawValue, slot: slot)
            return finding
        }
    }

    private func support(_ slot: Int) -> [String] {
        let connections = sum(slot, .connections)
        return [("got no answer", sum(slot, .unanswered)), ("were reset", sum(slot, .resets))].compactMap { what, count in
            count > 0 && connections >= 10 && count * 10 >= connections ? "Beside it, \(count) of \(connections) TCP records \(what)." : nil
        }
    }

    // MARK: Interfaces

    /// Remembers which interfaces have been faster than they say: that speed is made up.
    private mutating func noteFalseSpeeds(_ found: [(key: InterfaceWindows.Key, sums: InterfaceWindows.Sums)]) {
        // Samples come a little early or late: over less than a minute that may look like more than there was.
        let least = min(60, window.seconds)
        for (key, sums) in found where sums.seconds >= least && PhysicalInterface.exceedsSpeed(sums) {
            guard falseSpeeds[Port(key)] != nil || falseSpeeds.count < Self.mostFalseSpeeds else { continue }
            falseSpeeds[Port(key)] = sums.speed
        }
    }

    private func findings(_ key: InterfaceWindows.Key, _ sums: InterfaceWindows.Sums) -> [Finding] {
        guard PhysicalInterface.hasTrueSpeed(sums, key), falseSpeeds[Port(key)] != sums.speed, settings.interfaces.admits(key.interface) else {
            return []
        }
        var findings: [Finding] = []
        func add(_ finding: Finding, _ value: (InterfaceWindows.Sums) -> Double) {
            findings.append(finding)
            findings[findings.count - 1].history = interfaces.history(of: key, value)
        }
        let speed = "\(NumberText.short(Double(sums.speed)))bit/s"
        if sums.utilisation >= settings.utilisation {
            add(
                Finding(
                    labels: key.labels(sums, signal: "utilisation"),
                    measure: Finding.Measure(value: sums.utilisation, limit: settings.utilisation, unit: "ratio"),
                    words:
                        "\(key.words): \(NumberText.percent(sums.utilisation)) of its \(speed) were used over \(DurationWords.string(sums.seconds)), "
                        + "by its own counters; told from \(NumberText.percent(settings.utilisation)) on"),
                \.utilisation)
        }
        let share = sums.share(of: sums.discards)
        if sums.discards > 0, sums.perSecond(sums.discards) >= Self.leastDiscards, share >= settings.discards {
            add(
                Finding(
                    labels: key.labels(sums, signal: "discards"), measure: Finding.Measure(value: share, limit: settings.discards, unit: "ratio"),
                    words: "\(key.words) (\(speed)): \(NumberText.percent(share)) of its packets were discarded, \(sums.discards) in "
                        + "\(DurationWords.string(sums.seconds)), by its own counters; told from \(NumberText.percent(settings.discards)) on")
            ) { $0.share(of: $0.discards) }
        }
        return findings
    }

    // MARK: Between nodes

    private mutating func takeCrossings(_ tick: ClosedTick) {
        for pair in tick.nodePairs where pair.sent > 0 {
            let key = NodePair(source: pair.source, destination: pair.destination)
            guard crossings[key] != nil || crossings.count < Self.mostNodePairs else { continue }
            crossings[key, default: []].append(Crossing(tick: tick.number, sent: pair.sent, received: pair.received))
        }
        // Minutes are told of once each: the window holds them for a minute longer, so that it is never empty between two.
        let oldest = tick.number - Int64(SlidingSums.ticks(settings.window)) - 4
        for (key, known) in crossings where (known.first?.tick ?? 0) <= oldest {
            let kept = known.filter { $0.tick > oldest }
            crossings[key] = kept.isEmpty ? nil : kept
        }
    }

    private func losses(at tick: Int64) -> [Finding] {
        crossings.compactMap { key, crossings in
            let sent = crossings.reduce(UInt64(0)) { $0.addingBounded($1.sent) }
            let received = crossings.reduce(UInt64(0)) { $0.addingBounded($1.received) }
            guard sent > received, Double(sent) >= settings.minimum * 60 * Double(crossings.count) else { return nil }
            let loss = Double(sent - received) / Double(sent)
            guard loss >= settings.nodeLoss else { return nil }
            var finding = Finding(
                labels: ["source_node": key.source, "destination_node": key.destination, "signal": "node_loss"],
                measure: Finding.Measure(value: loss, limit: settings.nodeLoss, unit: "ratio"),
                words:
                    "\(key.source) → \(key.destination): \(NumberText.percent(loss)) of the packets that one node sent were not seen by the other, "
                    + "\(sent - received) of \(sent) in \(crossings.count) min; told from \(NumberText.percent(settings.nodeLoss)) on")
            finding.history = TickValues.filled(
                crossings.map { ($0.tick, Double($0.sent - min($0.received, $0.sent)) / Double($0.sent)) }, upTo: tick)
            return finding
        }
    }
}
