import FlowModel
import Identity
import Windows

/// What a rule found in a tick: one alert instance for as long as the rule reports a finding with the same labels.
package struct Finding: Sendable {
    /// What evidence belongs to it.
    package enum Scope: Sendable {
        /// The traffic between these workloads.
        case pairs([WorkloadPair])
        /// Where this endpoint went.
        case source(EndpointNumber)
        /// An exporter or an interface: no flows.
        case none
    }

    /// What was measured against what.
    package struct Measure: Sendable, Codable, Equatable {
        /// What it was, in `unit`.
        package var value: Double
        /// What was expected; nil where the rule compares with a number or a list.
        package var expected: Double?
        /// The most that would still have been usual (for silence: the least); nil where that can't be said.
        package var limit: Double?
        /// Of the value: `bytes/s`, `packets/s`, `records/s`, `ratio`, `destinations`, `seconds`, …
        package var unit: String
        /// How unusual, 1 and more is anomalous; nil where the rule has no score.
        package var score: Double?
        /// Who judged: `tailguard`, `record3`, `young`; nil where the rule compares with a number or a list.
        package var judge: String?

        package init(value: Double, expected: Double? = nil, limit: Double? = nil, unit: String, score: Double? = nil, judge: String? = nil) {
            self.value = value
            self.expected = expected
            self.limit = limit
            self.unit = unit
            self.score = score
            self.judge = judge
        }
    }

    /// The label `signal` of drops that flow records tell of, and no interface.
    package static let flowSignal = "flows"

    /// The labels that tell it from the rule's other findings; without `alertname`, `severity` and the rule's own.
    package var labels: [String: String]
    package var measure: Measure
    /// In one sentence, with its numbers: what is wrong.
    package var words: String
    /// Further lines of evidence that the rule itself knows: which signal it used, members of a group, an edge's port.
    package var details: [String] = []
    package var scope: Scope
    /// Values of the series around the time, oldest first, a tick each, the last one of the tick that was judged: for the plot. Nan where the tick has none; empty
    /// where there is no number over time.
    package var history: [Double] = []
    /// What was expected of each of those.
    package var expectedHistory: [Double] = []

    package init(labels: [String: String], measure: Measure, words: String, scope: Scope = .none) {
        self.labels = labels
        self.measure = measure
        self.words = words
        self.scope = scope
    }
}

/// What became of a rule in an evaluation.
package struct RuleReport: Sendable {
    package var rule: Rule
    /// All that is wrong now, each with labels of its own.
    package var findings: [Finding]
    /// When the tick that was judged ended.
    package var at: Timestamp

    package init(rule: Rule, findings: [Finding], at: Timestamp) {
        self.rule = rule
        self.findings = findings
        self.at = at
    }
}
