import Windows

/// Connection failures: the share of connections to a workload that got no answer or were reset, by the TCP flags of flow records.
///
/// The flags are those of a record, not of a packet: a connection is a record with SYN, and got no answer where the record has no ACK.
struct ConnectionFailuresEvaluation: KindEvaluation {
    private enum Column: Int, CaseIterable {
        case connections
        case unanswered
        case resets
    }

    private(set) var rule: Rule
    private let sumsIndex: Int
    var watchedSums: Int? { sumsIndex }
    private var settings: Rule.ConnectionFailuresSettings
    private var window: SlidingSums

    init?(_ rule: Rule, sumsIndex: Int) {
        guard case .connectionFailures(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.sumsIndex = sumsIndex
        self.settings = settings
        window = SlidingSums(columns: Column.allCases.count, window: settings.window)
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .connectionFailures(let settings) = rule.settings, settings.window == self.settings.window, rule.by == self.rule.by,
            rule.filter == self.rule.filter
        else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let sums = facts.sums[sumsIndex]
        window.advance(with: sums)
        let scanned = facts.scanned(by: sumsIndex)
        for (slot, amounts) in sums.sums.enumerated() where !sums.isUncertain[slot] && amounts.synRecords > 0 {
            // What a scanner tries in vain says nothing about where it tried.
            let vain = scanned[slot] ?? Amounts()
            window.add(amounts.synRecords - vain.synRecords, slot: slot, column: Column.connections.rawValue)
            window.add(amounts.unansweredRecords - vain.unansweredRecords, slot: slot, column: Column.unanswered.rawValue)
            window.add(amounts.resetRecords - vain.resetRecords, slot: slot, column: Column.resets.rawValue)
        }
        let least = settings.minimum * window.seconds
        let slots = sums.sums.indices.filter { slot in
            let connections = Double(sum(slot, .connections))
            return connections > 0 && connections >= least
                && (Double(sum(slot, .unanswered)) >= settings.share * connections || Double(sum(slot, .resets)) >= settings.resetShare * connections)
        }
        let pairs = sums.pairs(of: Set(slots), in: facts.tick, facts.pairs)
        return slots.map { finding($0, sums, pairs[$0] ?? []) }
    }

    private func sum(_ slot: Int, _ column: Column) -> Int64 { window.sum(slot: slot, column: column.rawValue) }

    private func finding(_ slot: Int, _ sums: SeriesSums, _ pairs: [WorkloadPair]) -> Finding {
        let connections = max(sum(slot, .connections), 1)
        let (unanswered, resets) = (min(sum(slot, .unanswered), connections), min(sum(slot, .resets), connections))
        let isUnanswered = Double(unanswered) >= settings.share * Double(connections)
        let share = Double(isUnanswered ? unanswered : resets) / Double(connections)
        let limit = isUnanswered ? settings.share : settings.resetShare
        let labels = sums.labels(of: slot)
        var finding = Finding(
            labels: labels, measure: Finding.Measure(value: share, limit: limit, unit: "ratio"),
            words:
                "\(SeriesText.string(labels)): of \(connections) connections in \(DurationWords.string(window.seconds)) \(unanswered) got no answer "
                + "and \(resets) were reset; told from \(NumberText.percent(settings.share)) without an answer, or \(NumberText.percent(settings.resetShare)) reset",
            scope: .pairs(pairs))
        let failed: Column = isUnanswered ? .unanswered : .resets
        finding.history = window.shares(of: failed.rawValue, in: Column.connections.rawValue, slot: slot)
        return finding
    }
}
