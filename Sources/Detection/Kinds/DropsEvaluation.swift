import Windows

/// Drops: the share of packets that were dropped, by flow records and discarded-packet samples for series, and by their own counters for interfaces.
struct DropsEvaluation: KindEvaluation {
    private let dropped = 0
    private let packets = 1

    private(set) var rule: Rule
    private let sumsIndex: Int
    var watchedSums: Int? { sumsIndex }
    private var settings: Rule.DropsSettings
    private var window: SlidingSums
    private var interfaces: InterfaceWindows

    init?(_ rule: Rule, sumsIndex: Int) {
        guard case .drops(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.sumsIndex = sumsIndex
        self.settings = settings
        window = SlidingSums(columns: 2, window: settings.window)
        interfaces = InterfaceWindows(window: settings.window)
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .drops(let settings) = rule.settings, settings.window == self.settings.window, rule.by == self.rule.by,
            rule.filter == self.rule.filter
        else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let sums = facts.sums[sumsIndex]
        window.advance(with: sums)
        for (slot, amounts) in sums.sums.enumerated() where !sums.isUncertain[slot] && (amounts.packets > 0 || amounts.droppedPackets > 0) {
            window.add(amounts.droppedPackets, slot: slot, column: dropped)
            // Some exporters count a dropped packet among the packets, some do not.
            window.add(max(amounts.packets, amounts.droppedPackets), slot: slot, column: packets)
        }
        interfaces.take(facts.tick)
        // An interface carries all kinds of traffic, and no more of what a filter asks for than of the rest.
        return flows(sums, facts) + (rule.filter.isOpen ? interfaces.all.compactMap(finding) : [])
    }

    private func flows(_ sums: SeriesSums, _ facts: TickFacts) -> [Finding] {
        let least = Int64(clamping: Int((settings.minimum * window.seconds).rounded(.up)))
        let slots = sums.sums.indices.filter { slot in
            let lost = window.sum(slot: slot, column: dropped)
            return lost > 0 && lost >= least && Double(lost) >= settings.share * Double(window.sum(slot: slot, column: packets))
        }
        let pairs = sums.pairs(of: Set(slots), in: facts.tick, facts.pairs)
        return slots.map { slot in
            let (lost, all) = (window.sum(slot: slot, column: dropped), window.sum(slot: slot, column: packets))
            let share = Double(lost) / Double(max(all, 1))
            var labels = sums.labels(of: slot)
            let series = SeriesText.string(labels)
            labels["signal"] = Finding.flowSignal
            var finding = Finding(
                labels: labels, measure: Finding.Measure(value: share, limit: settings.share, unit: "ratio"),
                words: "\(series): \(NumberText.percent(share)) of the packets of the last \(DurationWords.string(window.seconds)) were dropped, "
                    + "\(lost) of \(all), by flow records; told from \(NumberText.percent(settings.share)) on",
                scope: .pairs(pairs[slot] ?? []))
            finding.history = window.shares(of: dropped, in: packets, slot: slot)
            return finding
        }
    }

    private func finding(_ key: InterfaceWindows.Key, _ sums: InterfaceWindows.Sums) -> Finding? {
        let share = sums.share(of: sums.lost)
        guard sums.lost > 0, sums.perSecond(sums.lost) >= settings.minimum, share >= settings.interfaceShare else { return nil }
        var finding = Finding(
            labels: key.labels(sums, signal: "interface"), measure: Finding.Measure(value: share, limit: settings.interfaceShare, unit: "ratio"),
            words: "\(key.words): \(NumberText.percent(share)) of its packets got lost, \(sums.discards) discarded and \(sums.errors) with errors "
                + "in \(DurationWords.string(sums.seconds)), by its own counters; told from \(NumberText.percent(settings.interfaceShare)) on")
        finding.history = interfaces.history(of: key) { $0.share(of: $0.lost) }
        return finding
    }
}

/// Lengths of time as people read them.
package enum DurationWords {
    /// `45 s`, `5 min`, `2 h 30 min`.
    package static func string(_ seconds: Double) -> String {
        let whole = Int64(exactly: seconds.rounded()) ?? 0
        if whole < 120 { return "\(whole) s" }
        if whole < 7200 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s" }
        return whole % 3600 == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
