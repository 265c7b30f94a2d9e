import FlowModel
import Foundation

extension SplitMix64 {
    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Uniform in its logarithm.
    mutating func logUniform(_ low: Double, _ high: Double) -> Double { low * exp(uniform() * log(high / low)) }

    mutating func integer(below count: Double) -> Int { Int(uniform() * count) }
}
