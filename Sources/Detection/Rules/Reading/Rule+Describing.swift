import ConfigurationFile

extension Rule {
    private typealias Entry = (key: String, value: ConfigurationText.Value)

    /// The rule as it can be read again, every key of its kind with its value.
    var text: ConfigurationText.Value {
        var entries: [Entry] = [("alert", .text(name)), ("kind", .text(kind.rawValue))]
        entries += settingsText
        if !by.isEmpty { entries.append(("by", .list(by.map { .text($0.rawValue) }))) }
        if !filter.isOpen { entries.append(("where", filter.text)) }
        entries.append(("for", .plain(DurationText.string(nanoseconds: pendingTime))))
        entries.append(("keep_firing_for", .plain(DurationText.string(nanoseconds: keepFiringTime))))
        entries.append(("severity", .text(severity.rawValue)))
        for (key, texts) in [("labels", labels), ("annotations", annotations)] where !texts.isEmpty {
            entries.append((key, .section(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })))
        }
        return .section(entries)
    }

    private var settingsText: [Entry] {
        switch settings {
        case .spike(let settings), .silence(let settings):
            var entries: [Entry] = [("of", .text(quantity.rawValue))]
            if let floor = settings.floor { entries.append(("floor", .plain(quantity.rateText(floor)))) }
            return entries + [("sensitivity", .plain(settings.sensitivity.text)), ("detector", .text(detector.rawValue))]
        case .drops(let settings):
            return [
                ("share", Self.share(settings.share)), ("interface_share", Self.share(settings.interfaceShare)),
                ("minimum", .plain(NumberText.plain(settings.minimum) + " packets/s")), ("window", Self.time(settings.window)),
            ]
        case .congestion(let settings):
            return [
                ("utilisation", Self.share(settings.utilisation)), ("discards", Self.share(settings.discards)),
                ("ecn_share", Self.share(settings.ecnShare)), ("node_loss", Self.share(settings.nodeLoss)),
                ("minimum", .plain(NumberText.plain(settings.minimum) + " packets/s")), ("interfaces", settings.interfaces.text),
                ("window", Self.time(settings.window)),
            ]
        case .unexpected(let settings):
            var entries: [Entry] = []
            if !settings.allowed.isEmpty { entries.append(("allow", .list(settings.allowed.map(\.text)))) }
            if let time = settings.learningTime { entries.append(("learn", Self.time(time))) }
            return entries
        case .scan(let settings):
            return [("destinations", .plain(NumberText.plain(settings.destinations))), ("ports", .plain(NumberText.plain(settings.ports)))]
        case .connectionFailures(let settings):
            return [
                ("share", Self.share(settings.share)), ("reset_share", Self.share(settings.resetShare)),
                ("minimum", .plain(NumberText.plain(settings.minimum) + " connections/s")), ("window", Self.time(settings.window)),
            ]
        case .threshold(let settings):
            return [("of", .text(quantity.rawValue)), ("above", .plain(quantity.rateText(settings.above))), ("window", Self.time(settings.window))]
        case .exporter(let settings):
            let problem: Entry = ("problem", .text(settings.problem.rawValue))
            return switch settings.problem {
            case .silent: [problem, ("after", Self.time(settings.after)), ("forget_after", Self.time(settings.forgetAfter))]
            case .losing: [problem, ("share", Self.share(settings.share)), ("window", Self.time(settings.window))]
            case .missingTemplates, .unknownSampling: [problem, ("window", Self.time(settings.window))]
            case .clockOff: [problem, ("above", Self.time(settings.above))]
            }
        }
    }

    private static func share(_ share: Double) -> ConfigurationText.Value { .plain(PercentageText.string(share)) }

    private static func time(_ nanoseconds: Int64) -> ConfigurationText.Value { .plain(DurationText.string(nanoseconds: nanoseconds)) }
}

extension Rule.Quantity {
    /// A rate of it as it is written in a rule.
    package func rateText(_ rate: Double) -> String {
        self == .bytes ? NumberText.plain(rate) + "B/s" : NumberText.plain(rate) + " \(unit)/s"
    }
}

extension TrafficFilter {
    fileprivate var text: ConfigurationText.Value {
        let keys: [(String, NamePatterns)] = [
            ("source_namespace", sourceNamespace), ("source_workload", sourceWorkload), ("source_app", sourceApp),
            ("destination_namespace", destinationNamespace), ("destination_workload", destinationWorkload), ("destination_app", destinationApp),
        ]
        return .section(keys.filter { !$0.1.isOpen }.map { ($0.0, $0.1.text) })
    }
}

extension NamePatterns {
    var text: ConfigurationText.Value {
        .list(texts.map { .text($0) })
    }
}

extension AllowedTraffic {
    fileprivate var text: ConfigurationText.Value {
        var entries: [(key: String, value: ConfigurationText.Value)] = []
        if source != End() { entries.append(("source", source.text)) }
        if destination != End() { entries.append(("destination", destination.text)) }
        if !protocols.isEmpty { entries.append(("protocol", .list(protocols.map { .text(IPProtocolText.string($0)) }))) }
        if !ports.isEmpty {
            entries.append(("port", .list(ports.map { .plain($0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)") })))
        }
        return .section(entries)
    }
}

extension AllowedTraffic.End {
    fileprivate var text: ConfigurationText.Value {
        let keys = [("namespace", namespace), ("workload", workload), ("app", app), ("network", network)]
        return .section(keys.filter { !$0.1.isOpen }.map { ($0.0, $0.1.text) })
    }
}

extension DetectionThreshold.Sensitivity {
    fileprivate var text: String {
        switch self {
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .score(let score): NumberText.plain(score)
        }
    }
}
