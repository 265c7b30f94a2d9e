import Windows

/// Gives each pair of workloads a place of its own, so that what rules know of it is found without hashing it again for each.
struct BasePairs: Sendable {
    private var places: [WorkloadPair: Int] = [:]
    /// By place.
    private(set) var pairs: [WorkloadPair] = []
    /// The places of the tick's series, in their order.
    private(set) var order: [Int] = []
    /// Grows when places begin anew: what is kept by place is of no use then.
    private(set) var generation = 0
    private var numbering = 0

    mutating func take(_ tick: ClosedTick) {
        // Pairs leave the tick an hour after their last traffic; when most places are theirs, all begin anew.
        if pairs.count > 2 * tick.series.count + 4096 || tick.generation != numbering {
            numbering = tick.generation
            places.removeAll(keepingCapacity: true)
            pairs.removeAll(keepingCapacity: true)
            generation += 1
        }
        order.removeAll(keepingCapacity: true)
        for series in tick.series {
            if let place = places[series.pair] {
                order.append(place)
            } else {
                places[series.pair] = pairs.count
                order.append(pairs.count)
                pairs.append(series.pair)
            }
        }
    }
}
