/// Puts bookings into the order of their pairs, those of a pair in the order in which they came: three passes of a radix sort over 33 bits of the pair.
struct BookingOrder: Sendable {
    private static let bits = 11
    private static let places = 1 << bits

    private var from: [UInt64] = []
    private var to: [UInt64] = []

    /// The indexes of bookings, in order.
    mutating func sort(_ indexes: some Collection<UInt32>, of bookings: [Booking]) -> some Sequence<UInt32> {
        from.removeAll(keepingCapacity: indexes.count * 4 > from.capacity)
        from.reserveCapacity(indexes.count)
        for index in indexes {
            // Endpoint numbers are small: the source's lower half stands above the destination's.
            let pair = bookings[Int(index)].pair.key
            let key = (pair >> 32 & 0xFFFF) << 16 | pair & 0xFFFF
            from.append(key << 32 | UInt64(index))
        }
        to.removeAll(keepingCapacity: indexes.count * 4 > to.capacity)
        to.append(contentsOf: repeatElement(0, count: from.count))
        for shift in [32, 32 + Self.bits, 32 + 2 * Self.bits] { pass(shift) }
        return from.lazy.map { UInt32(truncatingIfNeeded: $0) }
    }

    private mutating func pass(_ shift: Int) {
        var counts = [Int](repeating: 0, count: Self.places)
        let mask = UInt64(Self.places - 1)
        for entry in from { counts[Int(entry >> UInt64(shift) & mask)] += 1 }
        var next = 0
        for place in counts.indices { (counts[place], next) = (next, next + counts[place]) }
        for entry in from {
            let place = Int(entry >> UInt64(shift) & mask)
            to[counts[place]] = entry
            counts[place] += 1
        }
        swap(&from, &to)
    }
}
