import FlowModel
import Identity

/// A receive thread's flows since the owner last took them, for `Windows` to book.
package struct BookingBuffer: Sendable {
    /// Flows it holds at most; what comes beyond is not judged, and counted.
    package static let capacity = 1 << 18
    /// From so many on the owner should not wait for its second.
    package static let plenty = 1 << 16

    package private(set) var bookings: [Booking] = []
    /// Flows there was no room for.
    package private(set) var refused: UInt64 = 0

    package init() {}

    /// Whether the owner should take it now.
    package var hasPlenty: Bool { bookings.count >= Self.plenty }

    /// Keeps flows as counted, each between the ends at its place in `ends`.
    ///
    /// - Parameter isSampled: whether the exporter looks at some packets only, though its records don't say so.
    package mutating func add(_ flows: [Flow], _ ends: [PairOfEnds], exporter: ExporterNumber, isSampled: Bool) {
        let room = Self.capacity - bookings.count
        guard flows.count <= room else {
            refused &+= UInt64(flows.indices.count { ends[$0] != .none })
            return
        }
        let flows = flows.span
        let ends = ends.span
        for position in flows.indices where ends[position] != .none {
            bookings.append(Booking(flows[position], ends[position], exporter: exporter, isSampled: isSampled))
        }
    }

    /// Empties it; its memory stays, unless it is much.
    package mutating func removeAll() {
        if bookings.capacity > 2 * Self.plenty { bookings = [] } else { bookings.removeAll(keepingCapacity: true) }
        refused = 0
    }
}
