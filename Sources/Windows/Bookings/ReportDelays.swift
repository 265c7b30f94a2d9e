import FlowModel

/// How long after their first packet flows of one exporter were told of, in ticks; bytes at each.
struct ReportDelays: Sendable {
    /// Delays are told apart up to so many ticks.
    static let ticks = 64
    /// A flow weighs no more than that, so that a single one does not decide how long is waited.
    private static let most: UInt64 = 1 << 24

    let exporter: ExporterNumber
    private(set) var bytes = InlineArray<64, UInt64>(repeating: 0)
    var isPacketwise = false

    init(of exporter: ExporterNumber) {
        self.exporter = exporter
    }

    /// All bytes.
    var sum: UInt64 { (0..<Self.ticks).reduce(0) { $0 &+ bytes[$1] } }

    /// - Parameter delay: nanoseconds.
    @inline(__always)
    mutating func add(_ bytes: UInt64, after delay: Int64) {
        let ticks = UInt64(truncatingIfNeeded: max(0, delay)) / UInt64(ClosedTick.nanoseconds)
        self.bytes[Int(truncatingIfNeeded: min(ticks, UInt64(Self.ticks - 1)))] &+= min(bytes, Self.most)
    }
}
