/// What is told of in some ticks only, as a value for each tick.
enum TickValues {
    /// One for each tick from the first sample's to `last`, that of the sample before where there is none.
    ///
    /// - Parameter samples: in the order of their ticks.
    static func filled(_ samples: [(tick: Int64, value: Double)], upTo last: Int64) -> [Double] {
        guard let first = samples.first?.tick, first <= last else { return [] }
        var values = [Double](repeating: .nan, count: Int(last - first) + 1)
        for (place, sample) in samples.enumerated() where sample.tick <= last {
            let end = place + 1 < samples.count ? min(samples[place + 1].tick, last + 1) : last + 1
            for tick in sample.tick..<max(end, sample.tick) { values[Int(tick - first)] = sample.value }
        }
        return values
    }
}
