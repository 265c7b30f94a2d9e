import Foundation

/// What a detector remembers and reckons in: `Float` takes half of the memory, `Double` agrees with `shared/detection/reference.py`.
package protocol DetectorReal: BinaryFloatingPoint, BitwiseCopyable, Codable, Sendable, SIMDScalar where SIMD4Storage: Sendable {
    /// The natural logarithm.
    static func logarithm(_ value: Self) -> Self
    /// e to the power of `value`.
    static func exponential(_ value: Self) -> Self
}

extension Double: DetectorReal {
    package static func logarithm(_ value: Double) -> Double { log(value) }
    package static func exponential(_ value: Double) -> Double { exp(value) }
}

extension Float: DetectorReal {
    package static func logarithm(_ value: Float) -> Float { log(value) }
    package static func exponential(_ value: Float) -> Float { exp(value) }
}
