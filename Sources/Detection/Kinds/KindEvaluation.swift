import Windows

/// What a tick is made of for the rules: the tick itself, and what is worked out once for several of them.
struct TickFacts {
    let tick: ClosedTick
    let pairs: BasePairs
    let sums: [SeriesSums]
    let graph: LearnedGraph
    /// Sources that look like scanners now: what they try in vain says nothing about its destinations.
    let scanners: Set<WorkloadNumber>
}

/// How one rule is evaluated, and what it keeps from tick to tick.
protocol KindEvaluation: Sendable {
    var rule: Rule { get }
    /// Which of the sums it goes by; nil: none.
    var watchedSums: Int? { get }

    /// All that is wrong now.
    mutating func evaluate(_ facts: TickFacts) -> [Finding]

    /// Takes the place of its rule's earlier form, with what it knows; false where it knows nothing of use for the new one.
    mutating func adopt(_ rule: Rule) -> Bool

    /// What is to be kept over a restart; nil: nothing.
    func saved(_ sums: [SeriesSums]) -> SavedDetection.Series?
    /// Takes up what an earlier run kept.
    mutating func restore(_ saved: SavedDetection.Series, _ sums: inout [SeriesSums], at tick: Int64)
    /// Takes `tick` for now, after a clock that was ahead; false where it knows nothing that is worth keeping, and is to be made anew.
    mutating func rewind(to tick: Int64) -> Bool
}

extension KindEvaluation {
    var watchedSums: Int? { nil }
    func saved(_ sums: [SeriesSums]) -> SavedDetection.Series? { nil }
    mutating func restore(_ saved: SavedDetection.Series, _ sums: inout [SeriesSums], at tick: Int64) {}
    mutating func rewind(to tick: Int64) -> Bool { false }
}
