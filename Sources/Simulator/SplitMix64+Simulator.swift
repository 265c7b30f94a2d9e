import FlowModel

extension SplitMix64 {
    /// One of so many.
    mutating func below(_ count: Int) -> Int { count > 0 ? Int(next() % UInt64(count)) : 0 }

    /// Digits as Kubernetes puts them behind names.
    mutating func suffix(_ count: Int) -> String {
        let digits = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<count).map { _ in digits[below(digits.count)] })
    }
}
