/// What an expression of PromQL names, read off its text: enough for the expressions of this repository, whose syntax promtool and Prometheus check.
package struct PromQLText: Sendable {
    /// A metric, and the labels that its braces name.
    package struct Selection: Sendable, Hashable {
        package var metric: String
        package var labels: [String]
    }

    /// Seconds of each range in brackets; nil where one is no duration.
    package private(set) var windows: [Double?] = []
    /// Each metric that stands there, with the labels in its braces.
    package private(set) var selections: [Selection] = []
    /// Labels that are grouped or matched by.
    package private(set) var groupingLabels: Set<String> = []

    /// The largest active timeout of an exporter that rules and dashboards are made for, in seconds: 5 min, the longest that exporters of a cluster have by default.
    package static let largestActiveTimeout = 300.0
    /// A record arrives when its flow has ended or its exporter's active timeout has passed, and then counts at once: a rate over four of those is within a quarter of
    /// the truth at any moment. So every window is 4 × 300 s = 20 min at least. There are no exceptions.
    package static let leastWindow = 4 * largestActiveTimeout

    private static let words: Set<String> = ["and", "or", "unless", "offset", "bool", "inf", "nan"]

    /// Reads an expression.
    package init(_ expression: String) {
        var text = expression.replacing(/#[^\n]*/, with: "")
        text = text.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
        for match in text.matches(of: /\[([^\]:]*)(?::[^\]]*)?\]/) { windows.append(Self.seconds(String(match.1))) }
        text = text.replacing(/\[[^\]]*\]/, with: "")
        for match in text.matches(of: /\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/) {
            groupingLabels.formUnion(match.1.matches(of: /\w+/).map { String($0.0) })
        }
        text = text.replacing(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/, with: " ")
        for match in text.matches(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\}|\()?/) {
            let name = String(match.1)
            let rest = match.2 ?? ""
            // What stands before a parenthesis is a function, what follows a digit a unit.
            guard rest != "(", !Self.words.contains(name.lowercased()), !Self.followsNumber(match.range.lowerBound, in: text) else { continue }
            let labels = rest.matches(of: /(\w+)\s*(?:=~|!~|!=|=)/).map { String($0.1) }
            selections.append(Selection(metric: name, labels: labels))
        }
    }

    private static func followsNumber(_ index: String.Index, in text: String) -> Bool {
        guard index > text.startIndex else { return false }
        return text[text.index(before: index)].isNumber
    }

    /// The seconds of a duration as Prometheus writes it (`20m`, `1h30m`); nil where it is none.
    package static func seconds(_ duration: String) -> Double? {
        let units: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800, "y": 31_536_000]
        let parts = duration.matches(of: /(\d+)(ms|[smhdwy])/)
        guard !parts.isEmpty, parts.map({ String($0.0) }).joined() == duration else { return nil }
        return parts.reduce(0) { $0 + (Double($1.1) ?? 0) * (units[$1.2] ?? 0) }
    }
}
