import Synchronization

/// What has happened at a listener since it was opened, over all threads.
package struct ListenerStatistics: Sendable, Equatable {
    /// Datagrams handed to the sinks.
    package var receivedDatagrams: UInt64 = 0
    /// Datagrams of sources that may not send.
    package var refusedDatagrams: UInt64 = 0
    /// Datagrams the kernel dropped, mostly because the receive buffer was full (`SO_RXQ_OVFL`, `SO_MEMINFO`); up to 100 ms behind.
    package var receiveDrops: UInt64 = 0
    /// Receive calls that failed.
    package var receiveErrors: UInt64 = 0
}

/// The counters of one listener at one thread: that thread adds, anybody reads.
final class ListenerCounters: Sendable {
    let received = Atomic<UInt64>(0)
    let refused = Atomic<UInt64>(0)
    let drops = Atomic<UInt64>(0)
    let errors = Atomic<UInt64>(0)

    func add(to statistics: inout ListenerStatistics) {
        statistics.receivedDatagrams &+= received.load(ordering: .relaxed)
        statistics.refusedDatagrams &+= refused.load(ordering: .relaxed)
        statistics.receiveDrops &+= drops.load(ordering: .relaxed)
        statistics.receiveErrors &+= errors.load(ordering: .relaxed)
    }
}
