import FlowModel

/// Which Events are to be written, and which have been.
struct PodEventQueue: Sendable, Codable {
    struct Series: Sendable, Codable {
        var count: Int
        var at: Timestamp
    }

    /// An Event says nothing any more when it is an hour old.
    static let limits = Outbox<PodEvent>.Limits(count: 200, age: 3_600_000_000_000)
    private static let mostSeries = 2000

    var outbox = Outbox<PodEvent>()
    /// By the Event's name and namespace: how often it was told.
    private var series: [String: Series] = [:]
    /// When alerts that fire were told last.
    private var told: [AlertID: Timestamp] = [:]

    /// Adds the Events of an alert that begins to fire, or still does; how many were given up for them.
    mutating func add(_ alert: Alert, at now: Timestamp) -> Int {
        told[alert.id] = now
        return PodEvent.events(of: alert, at: now).reduce(0) { $0 + outbox.add($1, at: now, Self.limits).count }
    }

    /// The alerts that fire and are to be told again.
    mutating func due(_ firing: [Alert], at now: Timestamp) -> [Alert] {
        if told.count > firing.count {
            let known = Set(firing.map(\.id))
            told = told.filter { known.contains($0.key) }
        }
        return firing.filter { alert in told[alert.id].map { now.ends(wait: PodEvent.repeatInterval, since: $0) } ?? false }
    }

    /// How often it was told before under this name.
    func known(_ event: PodEvent, _ name: String) -> Int { series["\(event.namespace)/\(name)"]?.count ?? 0 }

    /// Remembers that it was told.
    mutating func note(_ event: PodEvent, _ name: String, count: Int) {
        if series.count >= Self.mostSeries, let oldest = series.min(by: { $0.value.at < $1.value.at })?.key { series[oldest] = nil }
        series["\(event.namespace)/\(name)"] = Series(count: count, at: event.at)
    }
}
