/// What flowed in each tick of each series: differences from tick to tick, so that a flow of any length is booked with at most four additions.
///
/// The amounts of a tick are the sum of all differences up to it. Whole numbers, so that nothing is lost or gained by it.
struct TickCells: Sendable {
    /// What few flows add to.
    fileprivate struct Rare: Sendable {
        var droppedPackets: Int64 = 0
        var synRecords: Int64 = 0
        var resetRecords: Int64 = 0
        var unansweredRecords: Int64 = 0
        var ecnMarkedPackets: Int64 = 0

        init() {}

        init(_ amounts: Amounts) {
            droppedPackets = amounts.droppedPackets
            synRecords = amounts.synRecords
            resetRecords = amounts.resetRecords
            unansweredRecords = amounts.unansweredRecords
            ecnMarkedPackets = amounts.ecnMarkedPackets
        }

        var isZero: Bool { droppedPackets | synRecords | resetRecords | unansweredRecords | ecnMarkedPackets == 0 }

        static func += (left: inout Rare, right: Rare) {
            left.droppedPackets &+= right.droppedPackets
            left.synRecords &+= right.synRecords
            left.resetRecords &+= right.resetRecords
            left.unansweredRecords &+= right.unansweredRecords
            left.ecnMarkedPackets &+= right.ecnMarkedPackets
        }

        static func -= (left: inout Rare, right: Rare) {
            left.droppedPackets &-= right.droppedPackets
            left.synRecords &-= right.synRecords
            left.resetRecords &-= right.resetRecords
            left.unansweredRecords &-= right.unansweredRecords
            left.ecnMarkedPackets &-= right.ecnMarkedPackets
        }
    }

    /// Ticks that are open at once, and one for the difference behind the last.
    let width: Int
    /// The oldest tick that is open.
    private(set) var oldest: Int64
    private var volumes: [Volume] = []
    private var rare: [Rare] = []
    /// Where a series' rare amounts are, by series: their place among those that have any; -1: it has none.
    private var rarePlaces: [Int32] = []
    /// The sums of all that is closed: what flows from the tick before the oldest into it.
    private var running: [Amounts] = []

    init(openTicks: Int, oldest: Int64) {
        width = openTicks + 1
        self.oldest = oldest
    }

    /// The newest tick that is open.
    var newest: Int64 { oldest + Int64(width) - 2 }

    /// Makes room for another series, in which nothing has flowed.
    mutating func addSeries() {
        volumes.append(contentsOf: repeatElement(Volume(), count: width))
        rarePlaces.append(-1)
        running.append(Amounts())
    }

    /// Takes a series' amounts out, for its place to be used again.
    mutating func clear(_ series: Int) {
        for place in series * width..<(series + 1) * width { volumes[place] = Volume() }
        if let first = firstRare(series) { for place in first..<first + width { rare[place] = Rare() } }
        running[series] = Amounts()
    }

    private func firstRare(_ series: Int) -> Int? { rarePlaces[series] < 0 ? nil : Int(rarePlaces[series]) * width }

    /// Books what flows of a kind add up to. What lies outside of the open ticks goes to the next one that is open.
    ///
    /// - Parameters:
    ///   - kind: one of them.
    ///   - first: the strip's first tick.
    /// - Returns: bytes that belong to ticks that were closed.
    mutating func book(_ strip: borrowing TickStrip, of kind: borrowing Booking, from first: Int64, series: Int) -> Int64 {
        guard let extent = strip.extent else { return 0 }
        // What belongs to closed ticks, and what lies ahead of all.
        let from = min(max(Int(oldest - first), extent.lowerBound), TickStrip.ticks)
        let to = min(Int(newest - first), extent.upperBound)
        guard from <= to else {
            let sum = strip.sum
            add(kind.amounts(sum), series, extent.lowerBound < from ? oldest : newest)
            return extent.lowerBound < from ? sum.bytes : 0
        }
        var late = Volume()
        for tick in extent.lowerBound..<from { late += strip[tick] }
        let hasRare = !kind.marks.isEmpty
        let offset = hasRare ? rareOffset(series) : 0
        let end = (series + 1) * width
        var place = place(series, first + Int64(from))
        var before = Volume()
        for tick in from...to + 1 {
            var volume = tick <= to ? strip[tick] : Volume()
            if tick == from { volume += late }
            if tick == to, to < extent.upperBound { for ahead in to + 1...extent.upperBound { volume += strip[ahead] } }
            let change = volume - before
            volumes[place] += change
            if hasRare { rare[place + offset] += Rare(kind.amounts(change)) }
            before = volume
            place = place + 1 == end ? end - width : place + 1
        }
        return late.bytes
    }

    /// How far behind a series' place among volumes that among rare amounts is; it gets one where it has none.
    private mutating func rareOffset(_ series: Int) -> Int {
        if rarePlaces[series] < 0 {
            rarePlaces[series] = Int32(rare.count / width)
            rare.append(contentsOf: repeatElement(Rare(), count: width))
        }
        return (Int(rarePlaces[series]) - series) * width
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
        let volume = Volume(bytes: amounts.bytes, packets: amounts.packets, records: amounts.records)
        let (first, after) = (place(series, from), place(series, to + 1))
        volumes[first] += volume
        volumes[after] -= volume
        let more = Rare(amounts)
        guard !more.isZero else { return }
        let offset = rareOffset(series)
        rare[first + offset] += more
        rare[after + offset] -= more
    }

    private func place(_ series: Int, _ tick: Int64) -> Int {
        series * width + Int(tick % Int64(width))
    }

    /// Closes the oldest tick.
    mutating func close() {
        for series in running.indices {
            let place = place(series, oldest)
            running[series].add(volumes[place])
            volumes[place] = Volume()
            guard let first = firstRare(series) else { continue }
            let rarePlace = first + place - series * width
            running[series].add(rare[rarePlace])
            rare[rarePlace] = Rare()
        }
        oldest += 1
    }

    /// What flowed in the tick that was closed last.
    func closed(_ series: Int) -> Amounts { running[series] }

    /// Goes on at another tick, with nothing in it: the clock was set.
    mutating func restart(at tick: Int64) {
        for place in volumes.indices { volumes[place] = Volume() }
        for place in rare.indices { rare[place] = Rare() }
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
        droppedPackets &-= other.droppedPackets
        synRecords &-= other.synRecords
        resetRecords &-= other.resetRecords
        unansweredRecords &-= other.unansweredRecords
        ecnMarkedPackets &-= other.ecnMarkedPackets
    }

    fileprivate mutating func add(_ volume: Volume) {
        bytes &+= volume.bytes
        packets &+= volume.packets
        records &+= volume.records
    }

    fileprivate mutating func add(_ rare: TickCells.Rare) {
        droppedPackets &+= rare.droppedPackets
        synRecords &+= rare.synRecords
        resetRecords &+= rare.resetRecords
        unansweredRecords &+= rare.unansweredRecords
        ecnMarkedPackets &+= rare.ecnMarkedPackets
    }
}
