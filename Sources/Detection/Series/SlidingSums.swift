import Windows

/// Sums over the last ticks, of several amounts for each slot.
struct SlidingSums: Sendable {
    private let columns: Int
    private let ticks: Int
    /// By tick, slot and column.
    private var ring: [[Int64]]
    private var sums: [Int64] = []
    private var place = 0

    /// - Parameter window: nanoseconds; what is more than whole ticks counts as one more.
    init(columns: Int, window: Int64) {
        self.columns = columns
        ticks = Self.ticks(window)
        ring = [[Int64]](repeating: [], count: ticks)
    }

    /// How many ticks a window has, at least one.
    static func ticks(_ window: Int64) -> Int {
        max(1, Int(clamping: (window + ClosedTick.nanoseconds - 1) / ClosedTick.nanoseconds))
    }

    /// Seconds of the window.
    var seconds: Double { Double(Int64(ticks) * ClosedTick.seconds) }

    /// Begins a tick of these series: what is known of those that are gone is forgotten.
    mutating func advance(with series: SeriesSums) {
        for slot in series.gone { clear(slot: slot) }
        advance(slots: series.sums.count)
    }

    /// Begins a tick with so many slots: the oldest one leaves the sums.
    mutating func advance(slots: Int) {
        place = (place + 1) % ticks
        for index in ring[place].indices { sums[index] -= ring[place][index] }
        let count = slots * columns
        while sums.count < count { sums.append(0) }
        ring[place].removeAll(keepingCapacity: true)
        ring[place].append(contentsOf: repeatElement(0, count: count))
    }

    /// Adds to the tick.
    mutating func add(_ amount: Int64, slot: Int, column: Int) {
        let index = slot * columns + column
        // Bounded so that no sum of a window can overflow.
        let bounded = min(max(amount, 0), 1 << 50)
        let (next, overflow) = ring[place][index].addingReportingOverflow(bounded)
        guard !overflow, next <= 1 << 50 else { return }
        ring[place][index] = next
        sums[index] += bounded
    }

    /// The sum over the window.
    func sum(slot: Int, column: Int) -> Int64 {
        let index = slot * columns + column
        return index < sums.count ? sums[index] : 0
    }

    /// Forgets a slot.
    mutating func clear(slot: Int) {
        for column in 0..<columns {
            let index = slot * columns + column
            if index < sums.count { sums[index] = 0 }
            for tick in ring.indices where index < ring[tick].count { ring[tick][index] = 0 }
        }
    }
}
