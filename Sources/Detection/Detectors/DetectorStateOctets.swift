/// Writes the states of detectors: numbers, least octet first.
struct DetectorStateWriter {
    private(set) var octets: [UInt8] = []

    mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe octets.append(contentsOf: $0) }
    }

    mutating func write(_ number: Float) { write(number.bitPattern) }

    mutating func reserve(_ count: Int) { octets.reserveCapacity(count) }
}

/// Reads what a ``DetectorStateWriter`` wrote, and trusts none of it.
struct DetectorStateReader {
    /// What was read isn't what could have been written.
    struct Damage: Error {}

    private let octets: [UInt8]
    private var position = 0

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    var left: Int { octets.count - position }

    mutating func read<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(Damage) -> Number {
        let size = Number.bitWidth / 8
        guard left >= size else { throw Damage() }
        var number: Number = 0
        for index in (0..<size).reversed() { number = number << 8 | Number(truncatingIfNeeded: octets[position + index]) }
        position += size
        return number
    }

    /// A number within `range`.
    mutating func read<Number: FixedWidthInteger>(in range: ClosedRange<Number>) throws(Damage) -> Number {
        let number = try read(Number.self)
        guard range.contains(number) else { throw Damage() }
        return number
    }

    /// A number within `range`; not a nan.
    mutating func read(in range: ClosedRange<Float>) throws(Damage) -> Float {
        let number = Float(bitPattern: try read(UInt32.self))
        guard range.contains(number) else { throw Damage() }
        return number
    }

    mutating func readFlag() throws(Damage) -> Bool { try read(in: 0...1 as ClosedRange<UInt8>) == 1 }
}

/// What amounts of a tick, and their sums over an hour, may be.
let amountRange: ClosedRange<Float> = 0...1e30
/// What logarithms of two amounts' ratio may be, and the variance of such.
let ratioRange: ClosedRange<Float> = -200...200
let varianceRange: ClosedRange<Float> = 0...40_000
