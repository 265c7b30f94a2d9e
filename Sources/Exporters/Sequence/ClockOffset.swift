import FlowModel

/// By how much an exporter's clock is ahead of ours, from export times and times of receipt.
///
/// Queues and the network only ever make a datagram later, so the largest difference of a window is the best estimate; two windows of a minute are kept,
/// so that a clock that is set is believed after two minutes at most. Headers tell whole seconds: the offset is good to about a second.
package struct ClockOffset: Sendable {
    private static let window: Int64 = 60_000_000_000
    /// Offsets of up to 2 s are the headers' resolution and the network, and are not corrected.
    private static let tolerance: Int64 = 2_000_000_000

    private var current: Int64?
    private var previous: Int64?
    private var windowStart = Timestamp.unknown

    /// An offset that is not known yet.
    package init() {}

    /// Nanoseconds; positive where the exporter's clock is ahead. Nil before the first export time.
    package var nanoseconds: Int64? {
        guard let current else { return previous }
        return max(current, previous ?? current)
    }

    /// Nanoseconds to take off the exporter's times: the offset, or 0 where it is too small to tell.
    package var correction: Int64 {
        guard let offset = nanoseconds, offset > Self.tolerance || offset < -Self.tolerance else { return 0 }
        return offset
    }

    /// Takes in a datagram's export time.
    package mutating func take(exportTime: Timestamp, receivedAt: Timestamp) {
        let age = receivedAt.since(windowStart)
        if windowStart == .unknown || age < 0 || age >= Self.window {
            previous = age >= 0 && age < 2 * Self.window ? current : nil
            current = nil
            windowStart = receivedAt
        }
        let sample = exportTime.since(receivedAt)
        current = current.map { max($0, sample) } ?? sample
    }
}
