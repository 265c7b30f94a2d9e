import ConfigurationFile
import Detection

/// A rule in force, and what is to be said of it.
package struct AlertRule: Sendable {
    package var rule: Rule
    /// Where it was read: the path of a file, or `built-in`.
    package var file: String
    /// What it looks for, on one line: the place of Prometheus' expression.
    package var query: String
    /// Why it cannot find anything here, such as `not detectable with this export: …`; nil where it can.
    package var unavailable: String?

    /// A rule and where it is from. Without a `query`, what its kind looks at stands there.
    package init(_ rule: Rule, file: String, query: String? = nil, unavailable: String? = nil) {
        self.rule = rule
        self.file = file
        self.query = query ?? rule.query
        self.unavailable = unavailable
    }
}

extension Rule {
    /// What it looks at, on one line.
    fileprivate var query: String {
        let series = by.isEmpty ? "" : " by \(by.map(\.rawValue).joined(separator: ", "))"
        return switch settings {
        case .spike, .silence: "\(kind.rawValue) of \(quantity.rawValue)\(series)"
        case .threshold(let settings):
            "\(kind.rawValue) of \(quantity.rawValue)\(series) above \(GoNumber.humanize(settings.above)) a second over \(Self.text(settings.window))"
        case .drops(let settings):
            "\(kind.rawValue): share of packets dropped\(series), and of an interface's packets discarded, over \(Self.text(settings.window))"
        case .congestion(let settings):
            "\(kind.rawValue): interfaces' utilisation and discards, and share of packets marked or lost\(series), over \(Self.text(settings.window))"
        case .unexpected: "\(kind.rawValue): traffic between workloads that is neither known nor allowed"
        case .scan: "\(kind.rawValue): new destinations and ports of each source"
        case .connectionFailures(let settings):
            "\(kind.rawValue): share of TCP connections unanswered or reset\(series) over \(Self.text(settings.window))"
        case .exporter(let settings): "\(kind.rawValue): \(settings.problem.rawValue)"
        }
    }

    private static func text(_ nanoseconds: Int64) -> String { DurationText.string(nanoseconds: nanoseconds) }
}
