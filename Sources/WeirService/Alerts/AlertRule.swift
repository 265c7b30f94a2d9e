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

    /// A rule and where it is from. Without a `query`, its kind and quantity stand there.
    package init(_ rule: Rule, file: String, query: String? = nil, unavailable: String? = nil) {
        self.rule = rule
        self.file = file
        self.query = query ?? "\(rule.kind.rawValue) of \(rule.quantity.rawValue) by \(rule.by.map(\.rawValue).joined(separator: ", "))"
        self.unavailable = unavailable
    }
}
