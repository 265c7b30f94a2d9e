import FlowModel
import Identity

/// Packets between nodes that one shard has counted since the buffer was last taken, by minute: open addressing in two arrays, so that a record costs a probe.
package struct NodeTrafficBuffer: Sendable {
    /// Where packets were seen.
    package enum Side: UInt64, Sendable {
        /// At the source's node.
        case sent = 0
        /// At the destination's.
        case received = 1
    }

    /// What was counted of one pair in one minute.
    package struct Amount: Sendable {
        package var source: NodeIndex
        package var destination: NodeIndex
        package var side: Side
        /// Minutes since 1970.
        package var minute: Int64
        package var packets: UInt64
    }

    /// Nanoseconds of an interval: a minute.
    package static let interval: Int64 = 60_000_000_000
    /// A flow over more minutes is not spread: its exporter tells of it too late for anybody.
    private static let longestFlow: Int64 = 16
    private static let firstCapacity = 256
    private static let maximumCapacity = 1 << 18

    /// Side in the lowest bit, minute in 31, the nodes above; 0: free, which no minute but 1970's first is.
    private var keys: [UInt64] = []
    private var packets: [UInt64] = []
    private var count = 0
    /// Records for which there was no room, or that were too long.
    package private(set) var refused: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { count == 0 && refused == 0 }

    /// Spreads a flow's packets evenly over its time. To be called with its nodes known to differ.
    @inline(__always)
    package mutating func add(_ flow: borrowing Flow, from source: NodeIndex, to destination: NodeIndex, _ side: Side) {
        let (first, last) = (flow.start.nanoseconds / Self.interval, flow.end.nanoseconds / Self.interval)
        let key = UInt64(source.rawValue) << 48 | UInt64(destination.rawValue) << 32 | side.rawValue
        if first == last { add(key, minute: last, flow.packets) } else { spread(flow, key, first, last) }
    }

    /// Takes all of it out.
    package mutating func take() -> (amounts: [Amount], refused: UInt64) {
        var amounts: [Amount] = []
        amounts.reserveCapacity(count)
        for place in keys.indices where keys[place] != 0 {
            let key = keys[place]
            amounts.append(
                Amount(
                    source: NodeIndex(rawValue: UInt16(truncatingIfNeeded: key >> 48)),
                    destination: NodeIndex(rawValue: UInt16(truncatingIfNeeded: key >> 32)), side: key & 1 == 0 ? .sent : .received,
                    minute: Int64(key >> 1 & 0x7FFF_FFFF), packets: packets[place]))
            keys[place] = 0
            packets[place] = 0
        }
        defer {
            refused = 0
            count = 0
        }
        return (amounts, refused)
    }

    /// What falls into each minute is the difference of two running sums, each rounded down, so that nothing gets lost.
    @inline(never)
    private mutating func spread(_ flow: borrowing Flow, _ key: UInt64, _ first: Int64, _ last: Int64) {
        let duration = flow.end.since(flow.start)
        guard duration > 0, last > first, last - first < Self.longestFlow, flow.packets <= UInt64(UInt32.max) << 16 else {
            refused &+= 1
            return
        }
        var before: UInt64 = 0
        for minute in first...last {
            let reached = min((minute + 1) &* Self.interval &- flow.start.nanoseconds, duration)
            let product = flow.packets.multipliedFullWidth(by: UInt64(reached))
            let upTo = minute == last ? flow.packets : UInt64(duration).dividingFullWidth(product).quotient
            if upTo > before { add(key, minute: minute, upTo - before) }
            before = upTo
        }
    }

    @inline(__always)
    private mutating func add(_ key: UInt64, minute: Int64, _ amount: UInt64) {
        guard minute > 0, minute < 1 << 31 else {
            refused &+= 1
            return
        }
        let key = key | UInt64(minute) << 1
        if count &* 4 >= keys.count &* 3 { grow() }
        guard !keys.isEmpty else { return }
        let mask = keys.count - 1
        var place = Self.hash(key) & mask
        while keys[place] != key {
            if keys[place] == 0 {
                // The last quarter stays free, so that a search ends.
                guard count &* 4 < keys.count &* 3 else {
                    refused &+= 1
                    return
                }
                keys[place] = key
                count += 1
                break
            }
            place = (place + 1) & mask
        }
        packets[place] &+= amount
    }

    private static func hash(_ key: UInt64) -> Int {
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }

    @inline(never)
    private mutating func grow() {
        guard keys.count < Self.maximumCapacity else { return }
        let (old, amounts) = (keys, packets)
        let capacity = max(Self.firstCapacity, old.count * 2)
        keys = [UInt64](repeating: 0, count: capacity)
        packets = [UInt64](repeating: 0, count: capacity)
        for place in old.indices where old[place] != 0 {
            var target = Self.hash(old[place]) & (capacity - 1)
            while keys[target] != 0 { target = (target + 1) & (capacity - 1) }
            keys[target] = old[place]
            packets[target] = amounts[place]
        }
    }
}
