/// A moment in wall-clock time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Nanoseconds since 1970-01-01T00:00:00Z; 0 stands for "not known".
    public var nanoseconds: Int64

    /// The moment this many nanoseconds after 1970-01-01T00:00:00Z.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment this many seconds (and nanoseconds) after 1970-01-01T00:00:00Z. Wraps where it cannot be held.
    @inlinable
    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.nanoseconds = seconds &* 1_000_000_000 &+ nanoseconds
    }

    /// Not known.
    @inlinable public static var unknown: Timestamp { Timestamp(nanoseconds: 0) }

    /// Later than anything.
    @inlinable
    public static var distantFuture: Timestamp { Timestamp(nanoseconds: .max) }

    /// Seconds since 1970, with their fraction.
    @inlinable
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// Nanoseconds from `earlier` to this moment; negative where `earlier` is later. Wraps where it cannot be held.
    @inlinable
    public func since(_ earlier: Timestamp) -> Int64 { nanoseconds &- earlier.nanoseconds }

    /// This moment moved by `nanoseconds`. Wraps where it cannot be held.
    @inlinable
    public func advanced(by nanoseconds: Int64) -> Timestamp { Timestamp(nanoseconds: self.nanoseconds &+ nanoseconds) }

    /// Whether a wait of so many nanoseconds that began at `start` is over at this moment: also where the clock has been set back to more than 5 s before
    /// `start` (less is datagrams out of order), since nobody can tell then how long it has lasted.
    @inlinable
    public func ends(wait nanoseconds: Int64, since start: Timestamp) -> Bool {
        let age = since(start)
        return age >= nanoseconds || age < -5_000_000_000
    }

    /// Whether `left` is before `right`.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }
}
