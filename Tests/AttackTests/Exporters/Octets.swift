extension [UInt8] {
    /// Numbers of two octets, in network order.
    init(halves: [UInt16]) {
        self = halves.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// Numbers of four octets, in network order.
    init(words: [UInt32]) {
        self = words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}
