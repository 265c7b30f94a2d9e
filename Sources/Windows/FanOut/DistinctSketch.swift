import Foundation

/// Estimates how many distinct things were noted, in 256 octets: HyperLogLog (Flajolet et al. 2007) with linear counting for few; standard error 6.5 %.
struct DistinctSketch: Sendable {
    private var registers = InlineArray<256, UInt8>(repeating: 0)

    /// Notes a thing by a hash of it whose 64 bits are all as good as random; whether it can't have been noted before.
    @discardableResult
    mutating func note(_ hash: UInt64) -> Bool {
        let register = Int(truncatingIfNeeded: hash & 255)
        let rank = UInt8(truncatingIfNeeded: ((hash >> 8) | 1 << 56).trailingZeroBitCount + 1)
        guard rank > registers[register] else { return false }
        registers[register] = rank
        return true
    }

    /// Takes in all that another one noted.
    mutating func formUnion(_ other: borrowing DistinctSketch) {
        for place in 0..<256 where other.registers[place] > registers[place] { registers[place] = other.registers[place] }
    }

    /// How many distinct things were noted, about.
    var count: Double {
        var sum = 0.0
        var empty = 0
        for place in 0..<256 {
            sum += Double(sign: .plus, exponent: -Int(registers[place]), significand: 1)
            if registers[place] == 0 { empty += 1 }
        }
        let estimate = 0.7213 / (1 + 1.079 / 256) * 256 * 256 / sum
        return estimate <= 2.5 * 256 && empty > 0 ? 256 * log(256 / Double(empty)) : estimate
    }
}
