import Windows

/// Threshold: a quantity above a number, on average over the window.
struct ThresholdEvaluation: KindEvaluation {
    private(set) var rule: Rule
    private let sumsIndex: Int
    var watchedSums: Int? { sumsIndex }
    private var settings: Rule.ThresholdSettings
    private var window: SlidingSums
    private let amount = 0
    private let samples = 1

    init?(_ rule: Rule, sumsIndex: Int) {
        guard case .threshold(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.sumsIndex = sumsIndex
        self.settings = settings
        window = SlidingSums(columns: 2, window: settings.window)
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .threshold(let settings) = rule.settings, settings.window == self.settings.window, rule.quantity == self.rule.quantity,
            rule.by == self.rule.by, rule.filter == self.rule.filter
        else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let sums = facts.sums[sumsIndex]
        window.advance(with: sums)
        // What an exporter sends late, or in one lump, is no rate.
        for (slot, amounts) in sums.sums.enumerated() where !sums.isUncertain[slot] {
            window.add(rule.quantity.count(of: amounts), slot: slot, column: amount)
            window.add(1, slot: slot, column: samples)
        }
        let slots = sums.sums.indices.filter { rate($0) > settings.above }
        let pairs = sums.pairs(of: Set(slots), in: facts.tick, facts.pairs)
        return slots.map { slot in
            let labels = sums.labels(of: slot)
            var finding = Finding(
                labels: labels, measure: Finding.Measure(value: rate(slot), limit: settings.above, unit: "\(rule.quantity.unit)/s"),
                words: "\(SeriesText.string(labels)): \(NumberText.rate(rate(slot), of: rule.quantity)) of \(rule.quantity.rawValue) over the last "
                    + "\(DurationWords.string(window.seconds)); told above \(NumberText.rate(settings.above, of: rule.quantity))",
                scope: .pairs(pairs[slot] ?? []))
            finding.history = window.rates(of: amount, samples: samples, slot: slot)
            return finding
        }
    }

    private func rate(_ slot: Int) -> Double { Double(window.sum(slot: slot, column: amount)) / window.seconds }
}
