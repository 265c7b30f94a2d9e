/// What is watched for, and how. Keys: `detection`, `rules`, `rules_files` and `disabled_rules`.
package struct DetectionConfiguration: Sendable, Equatable {
    /// How much of the cluster's traffic is counted here.
    package enum Scope: String, Sendable, CaseIterable {
        /// All of it, unless `collector.scope` is `node`.
        case auto
        /// All of it.
        case cluster
        /// A part: several instances share the exporters.
        case part
    }

    /// Key: `scope`.
    package var scope = Scope.auto
    /// How often ticks that are over are judged, nanoseconds. Key: `interval`.
    package var interval: Int64 = 15_000_000_000
    /// For how long amounts are booked into the ticks in which they flowed, nanoseconds. Key: `horizon`.
    package var horizon: Int64 = 600_000_000_000
    /// More than so many firing alerts are folded into one for each rule. Key: `max_alerts`.
    package var maxAlerts = 1000
    /// Series that are watched at most for each set of labels and each `where`. Key: `max_series`.
    package var maxSeries = 20_000
    /// Edges that are remembered at most for the rules that learn. Key: `max_edges`.
    package var maxEdges = 100_000
    /// The rules of the configuration file itself. Key: `rules`.
    package var ownRules: [Rule] = []
    /// Those of the files that it names.
    package var fileRules: [Rule] = []
    /// The path of the file of each of those, by name.
    package var filesOfRules: [String: String] = [:]
    /// The patterns of those files, as paths. Key: `rules_files`.
    package var rulesFiles: [String] = []
    /// Names of rules that are not run; `*`: none is, and nothing is kept for them. Key: `disabled_rules`.
    package var disabledRules: [String] = []

    /// The files of rules that there are, as paths.
    package var files: [String] { rulesFiles.flatMap { (try? FilePattern.files($0)) ?? [] } }

    /// Every default: the built-in rules.
    package init() {}

    /// All rules that are run: the built-in ones, or those of the same names in their place, then the others.
    package var rules: [Rule] {
        if disabledRules.contains("*") { return [] }
        let written = Dictionary((ownRules + fileRules).map { ($0.name, $0) }) { first, _ in first }
        let builtIn = BuiltInRules.rules.map { written[$0.name] ?? $0 }
        let names = Set(builtIn.map(\.name))
        return (builtIn + (ownRules + fileRules).filter { !names.contains($0.name) }).filter { !disabledRules.contains($0.name) }
    }
}
