/// What flowed in each of a few ticks, in whole numbers: 64 octets, a cache line.
struct TickStrip: Sendable, BitwiseCopyable {
    /// Ticks it has room for.
    static let ticks = 6

    private var bytes = InlineArray<6, UInt32>(repeating: 0)
    private var packets = InlineArray<6, UInt32>(repeating: 0)
    private var records = InlineArray<6, UInt16>(repeating: 0)
    /// All bytes: as long as they can be added up so can those of each tick, and their packets, which are fewer.
    private var total: UInt32 = 0

    /// Whether nothing was added. Both ends are read, so that whoever asks has fetched all of it: in an array it may lie in two cache lines.
    var isEmpty: Bool { bytes[0] | total == 0 }

    subscript(tick: Int) -> Volume { Volume(bytes: Int64(bytes[tick]), packets: Int64(packets[tick]), records: Int64(records[tick])) }

    /// Adds a flow: its amounts in proportion to its time in each tick, its record in its last one. False, and nothing added, where there is no room for it.
    ///
    /// - Parameters:
    ///   - end: of its last packet, nanoseconds since the first tick began.
    ///   - duration: nanoseconds.
    @inline(__always)
    mutating func add(bytes: UInt64, packets: UInt64, end: Int64, duration: Int64) -> Bool {
        guard let time = TickSpan(end: end, duration: duration), time.last < Int64(Self.ticks), packets <= bytes, bytes > 0 else { return false }
        let total = UInt64(self.total) &+ bytes
        guard bytes <= UInt64(UInt32.max), total <= UInt64(UInt32.max), records[Int(time.last)] < .max else { return false }
        self.total = UInt32(truncatingIfNeeded: total)
        let (first, last) = (Int(time.first), Int(time.last))
        var (restBytes, restPackets) = (UInt32(truncatingIfNeeded: bytes), UInt32(truncatingIfNeeded: packets))
        if first < last {
            let share = time.shareOfFirst
            let (partBytes, partPackets) = (TickSpan.part(restBytes, share), TickSpan.part(restPackets, share))
            self.bytes[first] &+= partBytes
            self.packets[first] &+= partPackets
            if first + 1 < last {
                let share = time.shareOfWhole
                let (wholeBytes, wholePackets) = (TickSpan.part(restBytes, share), TickSpan.part(restPackets, share))
                for tick in first + 1..<last {
                    self.bytes[tick] &+= wholeBytes
                    self.packets[tick] &+= wholePackets
                    restBytes &-= wholeBytes
                    restPackets &-= wholePackets
                }
            }
            restBytes &-= partBytes
            restPackets &-= partPackets
        }
        self.bytes[last] &+= restBytes
        self.packets[last] &+= restPackets
        records[last] &+= 1
        return true
    }

    /// All of it.
    var sum: Volume {
        var sum = Volume()
        for tick in 0..<Self.ticks { sum += self[tick] }
        return sum
    }

    /// The ticks in which something flowed; nil where there are none.
    var extent: ClosedRange<Int>? {
        var first = 0
        while self[first].isZero {
            first += 1
            if first == Self.ticks { return nil }
        }
        var last = Self.ticks - 1
        while self[last].isZero { last -= 1 }
        return first...last
    }
}

/// The ticks in which a flow flowed, and what share of it in each.
struct TickSpan {
    /// Counted from where its time is counted from.
    let first: Int64
    let last: Int64
    private let start: Int64
    private let duration: Int64

    /// Nil where it began before its time is counted.
    @inline(__always)
    init?(end: Int64, duration: Int64) {
        guard duration >= 0, end >= duration else { return nil }
        self.duration = duration
        start = end - duration
        let length = UInt64(ClosedTick.nanoseconds)
        first = Int64(UInt64(truncatingIfNeeded: start) / length)
        // What ends with a tick has nothing in the next one.
        last = Int64(UInt64(truncatingIfNeeded: duration > 0 ? end - 1 : end) / length)
    }

    /// The share of it that flowed in its first tick, where that is not its last one.
    @inline(__always)
    var shareOfFirst: Double { Double((first + 1) * ClosedTick.nanoseconds - start) / Double(duration) }

    /// The share of it that flowed in each tick that it fills.
    @inline(__always)
    var shareOfWhole: Double { Double(ClosedTick.nanoseconds) / Double(duration) }

    /// A share of an amount, rounded down.
    @inline(__always)
    static func part(_ amount: UInt32, _ share: Double) -> UInt32 { UInt32(Double(amount) * share) }
}
