/// What flowed in each tick of each series: differences from tick to tick, so that a flow of any length is booked with at most four additions.
///
/// The amounts of a tick are the sum of all differences up to it. Whole numbers, so that nothing is lost or gained by it.
struct TickCells: Sendable {
    /// Ticks that are open at once, and one for the difference behind the last.
    let width: Int
    /// The oldest tick that is open.
    private(set) var oldest: Int64
    private var cells: [Amounts] = []
    /// The sums of all that is closed: what flows from the tick before the oldest into it.
    private var running: [Amounts] = []

    init(openTicks: Int, oldest: Int64) {
        width = openTicks + 1
        self.oldest = oldest
    }

    /// The newest tick that is open.
    var newest: Int64 { oldest + Int64(width) - 2 }

    /// Series there is room for.
    var count: Int { running.count }

    /// Makes room for another series, in which nothing has flowed.
    mutating func addSeries() {
        cells.append(contentsOf: repeatElement(Amounts(), count: width))
        running.append(Amounts())
    }

    /// Takes a series' amounts out, for its place to be used again.
    mutating func clear(_ series: Int) {
        for place in series * width..<(series + 1) * width { cells[place] = Amounts() }
        running[series] = Amounts()
    }

    /// Books a flow's amounts: bytes and packets in proportion to its time in each tick, records in its last one. What lies outside of the open ticks goes to the
    /// next one that is open.
    ///
    /// - Parameters:
    ///   - end: of the flow's last packet, nanoseconds since 1970.
    ///   - duration: nanoseconds.
    /// - Returns: bytes that belong to ticks that were closed.
    mutating func book(_ amounts: Amounts, series: Int, end: Int64, duration: Int64) -> Int64 {
        let tickLength = ClosedTick.nanoseconds
        // What ends with a tick has nothing in the next one.
        let lastAsTold = (duration > 0 ? end - 1 : end) / tickLength
        let last = min(max(lastAsTold, oldest), newest)
        let firstAsTold = (end - duration) / tickLength
        guard firstAsTold < lastAsTold else {
            add(amounts, series, last)
            return lastAsTold < oldest ? amounts.bytes : 0
        }
        let atFirst = (firstAsTold + 1) * tickLength - (end - duration)
        func part(_ time: Int64) -> Amounts { amounts.spread.scaled(by: Double(time) / Double(duration)) }
        let beginning = part(atFirst)
        let middle = part(tickLength)
        let between = lastAsTold - firstAsTold - 1
        var rest = amounts
        rest.subtract(beginning)
        rest.subtract(middle.times(between))
        var late: Int64 = 0
        if firstAsTold < oldest { late += beginning.bytes }
        add(beginning, series, min(max(firstAsTold, oldest), newest))
        if between > 0 {
            let from = min(max(firstAsTold + 1, oldest), newest)
            let to = min(max(lastAsTold - 1, oldest), newest)
            let whole = to - from + 1
            addAll(middle, series, from, to)
            // Those that lie outside of the open ones.
            let outside = middle.times(between - whole)
            if between > whole {
                add(outside, series, firstAsTold + 1 < oldest ? oldest : newest)
                if firstAsTold + 1 < oldest { late += outside.bytes }
            }
        }
        if lastAsTold < oldest { late += rest.bytes }
        add(rest, series, last)
        return late
    }

    private mutating func add(_ amounts: Amounts, _ series: Int, _ tick: Int64) {
        addAll(amounts, series, tick, tick)
    }

    private mutating func addAll(_ amounts: Amounts, _ series: Int, _ from: Int64, _ to: Int64) {
        let first = place(series, from)
        let after = place(series, to + 1)
        // Most flows have no more than these.
        cells[first].bytes &+= amounts.bytes
        cells[first].packets &+= amounts.packets
        cells[first].records &+= amounts.records
        cells[after].bytes &-= amounts.bytes
        cells[after].packets &-= amounts.packets
        cells[after].records &-= amounts.records
        guard amounts.hasRare else { return }
        cells[first].addRare(amounts)
        cells[after].subtractRare(amounts)
    }

    private func place(_ series: Int, _ tick: Int64) -> Int {
        series * width + Int(tick % Int64(width))
    }

    /// Closes the oldest tick.
    mutating func close() {
        for series in running.indices {
            let place = place(series, oldest)
            running[series] += cells[place]
            cells[place] = Amounts()
        }
        oldest += 1
    }

    /// What flowed in the tick that was closed last.
    func closed(_ series: Int) -> Amounts { running[series] }

    /// Goes on at another tick, with nothing in it: the clock was set.
    mutating func restart(at tick: Int64) {
        for place in cells.indices { cells[place] = Amounts() }
        for series in running.indices { running[series] = Amounts() }
        oldest = tick
    }
}

extension Amounts {
    /// What is spread over the time of a flow; records are not.
    fileprivate var spread: Amounts {
        var spread = Amounts()
        spread.bytes = bytes
        spread.packets = packets
        spread.droppedPackets = droppedPackets
        spread.ecnMarkedPackets = ecnMarkedPackets
        return spread
    }

    /// A share of what is spread, rounded down.
    fileprivate func scaled(by share: Double) -> Amounts {
        func part(_ amount: Int64) -> Int64 { Int64(exactly: (Double(amount) * share).rounded(.down)) ?? 0 }
        var scaled = Amounts()
        scaled.bytes = part(bytes)
        scaled.packets = part(packets)
        if droppedPackets > 0 { scaled.droppedPackets = part(droppedPackets) }
        if ecnMarkedPackets > 0 { scaled.ecnMarkedPackets = part(ecnMarkedPackets) }
        return scaled
    }

    fileprivate func times(_ count: Int64) -> Amounts {
        var product = Amounts()
        product.bytes = bytes &* count
        product.packets = packets &* count
        product.droppedPackets = droppedPackets &* count
        product.ecnMarkedPackets = ecnMarkedPackets &* count
        return product
    }

    fileprivate mutating func subtract(_ other: Amounts) {
        bytes &-= other.bytes
        packets &-= other.packets
        records &-= other.records
        subtractRare(other)
    }

    fileprivate var hasRare: Bool {
        droppedPackets | synRecords | resetRecords | unansweredRecords | ecnMarkedPackets != 0
    }

    fileprivate mutating func addRare(_ other: Amounts) {
        droppedPackets &+= other.droppedPackets
        synRecords &+= other.synRecords
        resetRecords &+= other.resetRecords
        unansweredRecords &+= other.unansweredRecords
        ecnMarkedPackets &+= other.ecnMarkedPackets
    }

    fileprivate mutating func subtractRare(_ other: Amounts) {
        droppedPackets &-= other.droppedPackets
        synRecords &-= other.synRecords
        resetRecords &-= other.resetRecords
        unansweredRecords &-= other.unansweredRecords
        ecnMarkedPackets &-= other.ecnMarkedPackets
    }
}
