import Detection
import Windows

extension Windows.Limits {
    /// The bounds that the configuration sets.
    init(_ configuration: DetectionConfiguration) {
        self.init()
        openTicks = max(4, Int(configuration.horizon / (ClosedTick.seconds * 1_000_000_000)))
        series = configuration.maxSeries
        pairs = max(pairs, 2 * configuration.maxSeries)
    }
}
