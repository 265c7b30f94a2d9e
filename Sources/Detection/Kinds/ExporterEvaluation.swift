import ConfigurationFile
import Windows

/// Exporter: one that is silent, or of which something is missing that its counts need.
struct ExporterEvaluation: KindEvaluation {
    private struct Sample {
        var tick: Int64
        var lost: UInt64
        var received: UInt64
        var missingTemplates: UInt64
        var unknownSampling: UInt64
    }

    /// Of a loss, so many must be missing: a sequence that is off by one after a restart is none.
    private static let leastLost: UInt64 = 10
    private static let limit = 100_000
    /// Seconds without a datagram, beside the active timeout, after which what was last heard of a clock says nothing.
    private static let longestSilence = 300.0

    private(set) var rule: Rule
    private var settings: Rule.ExporterSettings
    private var samples: [String: [Sample]] = [:]

    init?(_ rule: Rule) {
        guard case .exporter(let settings) = rule.settings else { return nil }
        self.rule = rule
        self.settings = settings
    }

    mutating func adopt(_ rule: Rule) -> Bool {
        guard case .exporter(let settings) = rule.settings, settings.window == self.settings.window else { return false }
        self.rule = rule
        self.settings = settings
        return true
    }

    mutating func evaluate(_ facts: TickFacts) -> [Finding] {
        let tick = facts.tick
        for exporter in tick.exporters where samples[exporter.name] != nil || samples.count < Self.limit {
            guard exporter.lost > 0 || exporter.received > 0 || exporter.missingTemplates > 0 || exporter.unknownSampling > 0 else { continue }
            samples[exporter.name, default: []].append(
                Sample(
                    tick: tick.number, lost: exporter.lost, received: exporter.received, missingTemplates: exporter.missingTemplates,
                    unknownSampling: exporter.unknownSampling))
        }
        let oldest = tick.number - Int64(SlidingSums.ticks(settings.window))
        for (name, known) in samples where (known.first?.tick ?? 0) <= oldest {
            let kept = known.filter { $0.tick > oldest }
            samples[name] = kept.isEmpty ? nil : kept
        }
        // One whose node has left the cluster has no problem any more.
        return tick.exporters.filter(\.isExpected).compactMap { exporter in
            guard var finding = finding(exporter) else { return nil }
            finding.labels["exporter"] = exporter.name
            if !exporter.node.isEmpty { finding.labels["node"] = exporter.node }
            finding.details.append("Address \(exporter.address), \(exporter.protocols.joined(separator: ", ")).")
            return finding
        }
    }

    private func sum(_ name: String, _ field: KeyPath<Sample, UInt64>) -> UInt64 {
        (samples[name] ?? []).reduce(0) { $0.addingBounded($1[keyPath: field]) }
    }

    private var windowWords: String { DurationWords.string(Double(SlidingSums.ticks(settings.window)) * 15) }

    private func finding(_ exporter: ClosedTick.Exporter) -> Finding? {
        switch settings.problem {
        case .silent:
            // Between two reports of a flow an exporter may have nothing to say.
            let allowed = Double(settings.after) / 1e9 + Double(exporter.activeTimeout ?? 0)
            let silence = Double(exporter.silence) / 1e9
            // One that stays away for very long is gone for good.
            guard silence >= allowed, silence < allowed + Double(settings.forgetAfter) / 1e9 else { return nil }
            return found(silence, allowed, "seconds", "\(exporter.name) has sent nothing for \(DurationWords.string(silence))")
        case .losing:
            let (lost, received) = (sum(exporter.name, \.lost), sum(exporter.name, \.received))
            guard lost >= Self.leastLost else { return nil }
            let share = Double(lost) / Double(lost.addingBounded(received))
            guard share >= settings.share else { return nil }
            return found(
                share, settings.share, "ratio",
                "\(NumberText.percent(share)) of what \(exporter.name) sent in \(windowWords) never came: \(lost) are missing in its sequence, \(received) came"
            )
        case .missingTemplates:
            let missing = sum(exporter.name, \.missingTemplates)
            guard missing > 0 else { return nil }
            return found(
                Double(missing), nil, "data sets",
                "\(missing) data sets of \(exporter.name) in \(windowWords) could not be read: their templates have not come")
        case .unknownSampling:
            let unknown = sum(exporter.name, \.unknownSampling)
            guard unknown > 0 else { return nil }
            return found(
                Double(unknown), nil, "records",
                "\(unknown) records of \(exporter.name) in \(windowWords) are sampled at a rate that it does not tell: they count at the default rate"
            )
        case .clockOff:
            // What the clock of a silent one says now, nobody knows.
            guard Double(exporter.silence) / 1e9 < Self.longestSilence + Double(exporter.activeTimeout ?? 0), let offset = exporter.clockOffset,
                abs(offset) * 1e9 >= Double(settings.above)
            else { return nil }
            let words = "the clock of \(exporter.name) is \(DurationWords.string(abs(offset))) \(offset > 0 ? "ahead" : "behind")"
            return found(abs(offset), Double(settings.above) / 1e9, "seconds", words)
        }
    }

    private func found(_ value: Double, _ limit: Double?, _ unit: String, _ words: String) -> Finding {
        Finding(labels: ["problem": settings.problem.rawValue], measure: Finding.Measure(value: value, limit: limit, unit: unit), words: words)
    }
}
