/// Turns the kernel's running total of a socket's drops into what is new, whichever of two ways it is learned by.
///
/// `SO_RXQ_OVFL` comes with a datagram and says the total when that datagram was queued; `SO_MEMINFO` says the total now. So a total may be
/// older than one already seen; and it is 32 bits wide and wraps.
package struct DropMeter {
    private var latest: UInt32 = 0

    /// A meter that has seen a total of 0.
    package init() {}

    /// The drops that `total` adds to those already seen.
    package mutating func advance(to total: UInt32) -> UInt64 {
        guard let fresh = UInt64(exactly: Int32(bitPattern: total &- latest)) else { return 0 }
        latest = total
        return fresh
    }
}
