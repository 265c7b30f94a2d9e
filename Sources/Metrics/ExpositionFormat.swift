/// A text form in which metrics are scraped.
public enum ExpositionFormat: Sendable, Equatable, CaseIterable {
    /// Prometheus' text format, version 0.0.4.
    case text004
    /// OpenMetrics, version 1.0.0.
    case openMetrics100

    /// The form a scraper with this `Accept` header gets: the one it likes best, the earlier where it likes two as well, and text where it names neither.
    public init(accept header: String?) {
        self = .text004
        var best = 0.0
        for choice in AcceptHeader(header ?? "").choices where choice.quality > best {
            guard let format = Self(choice) else { continue }
            best = choice.quality
            self = format
        }
    }

    private init?(_ choice: AcceptHeader.Choice) {
        switch (choice.value, choice.parameters["version"]) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"): self = .openMetrics100
        case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _): self = .text004
        default: return nil
        }
    }

    /// The value of the answer's `Content-Type`.
    public var contentType: String {
        switch self {
        case .text004: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics100: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
