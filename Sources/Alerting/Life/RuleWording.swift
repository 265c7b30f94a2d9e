import Detection

/// How a rule words its alerts: its labels and annotations, with their templates read once.
struct RuleWording {
    /// Characters of what a finding says of itself; a group may have many members.
    private static let longestDescription = 2000

    /// The fingerprint of what the rule says of labels.
    let id: AlertID
    private let rule: Rule
    private let labels: [(name: String, template: AlertTemplate)]
    private let annotations: [(name: String, template: AlertTemplate)]

    /// Templates were checked when the rule was read; one that is none is left out.
    init(_ rule: Rule) {
        self.rule = rule
        id = AlertID(labels: rule.labels.merging(["severity": rule.severity.rawValue]) { $1 })
        func read(_ texts: [String: String]) -> [(name: String, template: AlertTemplate)] {
            texts.sorted { $0.key < $1.key }.compactMap { name, text in (try? AlertTemplate(text)).map { (name, $0) } }
        }
        labels = read(rule.labels)
        annotations = read(rule.annotations)
    }

    /// The labels of an alert for a finding.
    func labels(for finding: Finding) -> [String: String] {
        finish(finding.labels, labels.map { ($0.name, $0.template.expand(labels: finding.labels, value: finding.measure.value)) })
    }

    /// The labels of the alert that others are folded into; `collector`: where they say who saw it, who.
    func foldedLabels(collector: String?) -> [String: String] {
        var own = ["folded": "true"]
        own["collector"] = collector
        return finish(own, labels.filter(\.template.isFixed).map { ($0.name, $0.template.expand(labels: [:], value: 0)) })
    }

    /// The annotations of an alert for a finding: the rule's, and what is wrong in words where it gives none.
    func annotations(for finding: Finding) -> [String: String] {
        var all = ["summary": finding.words]
        if !finding.details.isEmpty { all["description"] = String(finding.details.joined(separator: "\n").prefix(Self.longestDescription)) }
        for (name, template) in annotations { all[name] = template.expand(labels: finding.labels, value: finding.measure.value) }
        return all.filter { !$0.value.isEmpty }
    }

    private func finish(_ own: [String: String], _ more: [(String, String)]) -> [String: String] {
        var all = own
        for (name, value) in more { all[name] = value }
        all["alertname"] = rule.name
        all["severity"] = rule.severity.rawValue
        return all.filter { !$0.value.isEmpty }
    }
}
