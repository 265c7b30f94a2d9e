import ConfigurationFile

extension Rule {
    /// Names that a rule's own `labels` cannot have: they tell what was found.
    static let reservedLabels: Set<String> = [
        "alertname", "severity", "collector", "exporter", "node", "interface", "direction", "signal", "grouped_by", "source_node", "destination_node",
        "protocol", "port", "problem",
    ]

    /// Reads `rules`; the wrong ones, which are reported, are left out.
    package static func list(from root: Section) -> [Rule] {
        var names = Repeats<String>()
        return root.sections("rules").compactMap { section in
            let rule = Rule(from: section)
            if let name = rule?.name { section.refuseRepeat(of: name, at: "alert", in: &names) }
            return rule
        }
    }

    /// Reads one rule; nil where it has no name or no kind.
    private init?(from section: Section) {
        let name = section.required("alert", as: .name)
        guard let kind = section.required("kind", as: ValueKind<Kind>.word) else {
            section.leaveUnread()
            return nil
        }
        self.init(name: name ?? "", kind: kind)
        let time = ValueKind.duration(in: .zero ... .seconds(365 * 86_400))
        section.read("for", as: time, into: &pendingTime)
        section.read("keep_firing_for", as: time, into: &keepFiringTime)
        section.read("severity", as: .word, into: &severity)
        labels = Self.texts(section, "labels")
        annotations = Self.texts(section, "annotations")
        for label in labels.keys.sorted() where Self.reservedLabels.contains(label) || SeriesLabel(rawValue: label) != nil {
            let instead = label == "severity" ? "write the key severity beside alert" : "choose another name"
            section.section("labels").report(label, "is a label that Weir sets itself; \(instead)")
        }
        if !Self.defaultBy(kind).isEmpty, let by = section.list("by", of: ValueKind<SeriesLabel>.word, atLeast: 1) {
            self.by = SeriesLabel.allCases.filter(by.contains)
        }
        if kind != .exporter { filter = TrafficFilter(from: section.section("where"), hasDestination: kind != .scan) }
        readSettings(section)
        if name == nil { return nil }
    }

    private static func texts(_ section: Section, _ key: String) -> [String: String] {
        let texts = section.section(key)
        var values: [String: String] = [:]
        for name in texts.keys {
            if let problem = ValueKind<String>.labelNameProblem(name) { texts.report(name, problem) }
            guard let text = texts.value(name, as: .anyText) else { continue }
            values[name] = text
            do { _ = try AlertTemplate(text) } catch { texts.report(name, "is not a template that can be filled in: \(error)") }
        }
        return values
    }
}

extension TrafficFilter {
    init(from section: Section, hasDestination: Bool) {
        sourceNamespace = NamePatterns(from: section, "source_namespace")
        sourceWorkload = NamePatterns(from: section, "source_workload")
        sourceApp = NamePatterns(from: section, "source_app")
        guard hasDestination else { return }
        destinationNamespace = NamePatterns(from: section, "destination_namespace")
        destinationWorkload = NamePatterns(from: section, "destination_workload")
        destinationApp = NamePatterns(from: section, "destination_app")
    }
}

extension NamePatterns {
    init(from section: Section, _ key: String) {
        self.init(section.oneOrMore(key, of: .pattern) ?? [])
    }
}

extension AllowedTraffic {
    init(from section: Section) {
        source = End(from: section.section("source"))
        destination = End(from: section.section("destination"))
        protocols = section.oneOrMore("protocol", of: .ipProtocol) ?? []
        ports = section.oneOrMore("port", of: .portRange) ?? []
        if self == AllowedTraffic(), !section.has("protocol"), !section.has("port") {
            section.report("source", "and destination, protocol and port are all absent, so that everything would be allowed")
        }
    }
}

extension AllowedTraffic.End {
    init(from section: Section) {
        namespace = NamePatterns(from: section, "namespace")
        workload = NamePatterns(from: section, "workload")
        app = NamePatterns(from: section, "app")
        network = NamePatterns(from: section, "network")
    }
}
