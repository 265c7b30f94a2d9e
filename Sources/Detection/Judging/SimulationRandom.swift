import Foundation

/// SplitMix64, and the draws that the simulation is made of.
struct SimulationRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// In 0..<1, never 0.
    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return (Double(mixed >> 11) + 0.5) * 0x1p-53
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Uniform in its logarithm.
    mutating func logUniform(_ low: Double, _ high: Double) -> Double { low * exp(uniform() * log(high / low)) }

    mutating func integer(below count: Double) -> Int { Int(uniform() * count) }

    mutating func gaussian() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    mutating func poisson(_ mean: Double) -> Double {
        guard mean > 0 else { return 0 }
        guard mean < 30 else { return max(0, (mean + mean.squareRoot() * gaussian() + 0.5).rounded(.down)) }
        let limit = exp(-mean)
        var count = 0.0
        var product = uniform()
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
}
