import Detection
import Windows

extension Windows.Limits {
    /// The bounds that the configuration sets.
    init(_ configuration: DetectionConfiguration) {
        self.init()
        openTicks = max(4, Int(configuration.horizon / ClosedTick.nanoseconds))
        series = configuration.maxSeries
        pairs = max(pairs, 2 * configuration.maxSeries)
    }
}
