import Windows

/// Sums over the last ticks, of several amounts for each slot.
struct SlidingSums: Sendable {
    /// Ticks that are kept at least, for plots: five minutes.
    static let leastKept = 20

    private let columns: Int
    private let ticks: Int
    /// By tick, slot and column; it goes further back than the window where that is short.
    private var ring: [[Int64]]
    private var sums: [Int64] = []
    private var place = 0

    /// - Parameter window: nanoseconds; what is more than whole ticks counts as one more.
    init(columns: Int, window: Int64) {
        self.columns = columns
        ticks = Self.ticks(window)
        ring = [[Int64]](repeating: [], count: max(ticks, Self.leastKept))
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
        place = (place + 1) % ring.count
        let leaving = (place + ring.count - ticks) % ring.count
        for index in ring[leaving].indices { sums[index] -= ring[leaving][index] }
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

    /// What was added to a column in each tick that is kept, a second, oldest first; nan where nothing was added to the column that counts samples.
    func rates(of column: Int, samples: Int, slot: Int) -> [Double] {
        kept(slot).map { $0[$0.startIndex + samples] > 0 ? Double($0[$0.startIndex + column]) / Double(ClosedTick.seconds) : .nan }
    }

    /// A column's part of another one in each tick that is kept, oldest first; nan where there was nothing of either.
    func shares(of part: Int, in whole: Int, slot: Int) -> [Double] {
        kept(slot).map { amounts in
            let (part, whole) = (amounts[amounts.startIndex + part], amounts[amounts.startIndex + whole])
            return Double(part) / Double(max(part, whole))
        }
    }

    /// A slot's columns by tick, oldest first, since there were so many slots.
    private func kept(_ slot: Int) -> [ArraySlice<Int64>] {
        let range = slot * columns..<(slot + 1) * columns
        return (1...ring.count).map { ring[(place + $0) % ring.count] }.filter { range.upperBound <= $0.count }.map { $0[range] }
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
