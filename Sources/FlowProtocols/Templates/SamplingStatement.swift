/// What a record says of sampling, in one of the ways there are.
struct SamplingStatement {
    /// IE 34 `samplingInterval`.
    var interval: UInt64 = 0
    /// IE 50 `samplerRandomInterval`.
    var randomInterval: UInt64 = 0
    /// IE 305 `samplingPacketInterval`: packets sampled in a row.
    var packetInterval: UInt64 = 0
    /// IE 306 `samplingPacketSpace`: packets passed over in a row; nil where the record does not have it.
    var packetSpace: UInt64?
    /// IE 309 `samplingSize`.
    var size: UInt64 = 0
    /// IE 310 `samplingPopulation`.
    var population: UInt64 = 0
    /// IE 35 `samplingAlgorithm`, IE 304 `selectorAlgorithm`; 0 is none. Nil where the record does not have it.
    var algorithm: UInt64?

    /// Packets observed for each packet sampled, at least 1; 0 where nothing usable is said.
    ///
    /// RFC 5476 §6.5.2: (interval + space) / interval, population / size. A packet interval without a space is what some send for 1 in N.
    var rate: UInt32 {
        if algorithm == 0 { return 1 }
        if size > 0, population >= size { return Self.quotient(population, size) }
        if packetInterval > 0 {
            guard let packetSpace else { return UInt32(clamping: packetInterval) }
            return Self.quotient(packetInterval &+ min(packetSpace, .max &- packetInterval), packetInterval)
        }
        return UInt32(clamping: max(randomInterval, interval))
    }

    private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> UInt32 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return max(1, UInt32(clamping: quotient &+ (remainder > divisor / 2 ? 1 : 0)))
    }
}
