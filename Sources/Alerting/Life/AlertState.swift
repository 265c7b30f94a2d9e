/// Where an alert is in its life, as in Prometheus.
package enum AlertState: String, Sendable, Codable, CaseIterable {
    /// It holds, but not yet for as long as its rule says.
    case pending
    case firing
    /// It fired, and no longer does.
    case resolved
}
