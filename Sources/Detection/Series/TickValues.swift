/// What is told of in some ticks only, as a value for each tick.
enum TickValues {
    /// One for each tick from the first sample's to `last`, that of the sample before where there is none.
    ///
    /// - Parameter samples: in the order of their ticks.
    static func filled(_ samples: [(tick: Int64, value: Double)], upTo last: Int64) -> [Double] {
        guard let first = samples.first?.tick, first <= last else { return [] }
        var left = samples[...]
        var value = Double.nan
        return (first...last).map { tick in
            while let next = left.first, next.tick <= tick {
                value = next.value
                left.removeFirst()
            }
            return value
        }
    }
}
