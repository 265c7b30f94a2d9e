import FlowModel

/// Numbers that look random and are the same for the same seed.
package typealias SeededGenerator = SplitMix64

extension SplitMix64 {
    /// A number below `bound`, which is at least 1.
    package mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &self)
    }

    /// Whether one chance in `count` has come true.
    package mutating func oneIn(_ count: Int) -> Bool {
        below(count) == 0
    }

    /// Octets of any value.
    package mutating func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
