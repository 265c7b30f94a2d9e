import Synchronization

/// A number that many threads may change and a scrape reads.
public protocol Metric: AnyObject, Sendable {
    /// What it is exposed as.
    static var type: MetricType { get }
    /// One that stands at 0.
    init()
    /// Adds its sample to the family begun last.
    func write(_ labels: LabelText, to writer: inout ExpositionWriter)
}

/// Counts what has happened.
public final class Counter: Metric {
    private let count = Atomic<UInt64>(0)

    /// A counter.
    public static var type: MetricType { .counter }

    /// Nothing counted yet.
    public init() {}

    /// How much was counted.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    /// Counts `amount` more; wraps at 2^64.
    public func add(_ amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Adds its sample to the family begun last.
    public func write(_ labels: LabelText, to writer: inout ExpositionWriter) {
        writer.sample(labels, value: value)
    }
}

/// Shows what is now.
public final class Gauge: Metric {
    private let bits = Atomic<UInt64>(0)

    /// A gauge.
    public static var type: MetricType { .gauge }

    /// Shows 0.
    public init() {}

    /// What was set last, with what was added since.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Shows `value` from now on.
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Shows `amount` more than now, or less where it is negative.
    public func add(_ amount: Double) {
        var known = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: known) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: known, desired: sum, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    /// Adds its sample to the family begun last.
    public func write(_ labels: LabelText, to writer: inout ExpositionWriter) {
        writer.sample(labels, value: value)
    }
}
