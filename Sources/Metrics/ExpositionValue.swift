/// A number that a sample can have.
public protocol ExpositionValue {
    /// Adds the number as both formats spell it.
    func append(to bytes: inout [UInt8])
}

extension UInt64: ExpositionValue {
    /// Adds the decimal digits, two at a time.
    public func append(to bytes: inout [UInt8]) {
        var rest = self
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        while rest >= 100 {
            let pair = Int(truncatingIfNeeded: rest % 100)
            rest /= 100
            start -= 2
            digits[start] = UInt8(truncatingIfNeeded: 48 &+ pair / 10)
            digits[start + 1] = UInt8(truncatingIfNeeded: 48 &+ pair % 10)
        }
        if rest >= 10 {
            start -= 1
            digits[start] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
            rest /= 10
        }
        start -= 1
        digits[start] = UInt8(truncatingIfNeeded: 48 &+ rest)
        bytes.append(contentsOf: digits.span.extracting(start..<20))
    }
}

extension Int64: ExpositionValue {
    /// Adds a sign where there is one, and the decimal digits.
    public func append(to bytes: inout [UInt8]) {
        if self < 0 { bytes.append(UInt8(ascii: "-")) }
        magnitude.append(to: &bytes)
    }
}

extension Int: ExpositionValue {
    /// Adds a sign where there is one, and the decimal digits.
    public func append(to bytes: inout [UInt8]) {
        Int64(self).append(to: &bytes)
    }
}

extension Double: ExpositionValue {
    /// Adds `NaN`, `+Inf`, `-Inf`, a whole number without point or exponent as far as it is exact, or the shortest text that reads back as this number.
    public func append(to bytes: inout [UInt8]) {
        if isNaN {
            bytes.append(contentsOf: "NaN".utf8)
        } else if isInfinite {
            bytes.append(contentsOf: (self < 0 ? "-Inf" : "+Inf").utf8)
        } else if magnitude < 0x1p53, let whole = Int64(exactly: self) {
            whole.append(to: &bytes)
        } else {
            bytes.append(contentsOf: description.utf8)
        }
    }
}

extension [UInt8] {
    /// Copies `part` to the end.
    @inline(__always)
    mutating func append(contentsOf part: Span<UInt8>) {
        unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
