import FlowModel

/// What a receive thread hands its datagrams to. Each thread has one sink of its own and makes all calls to it, one at a time.
package protocol DatagramSink: AnyObject {
    /// Takes what one receive call has brought. The batch is gone when this returns.
    func receive(_ batch: borrowing DatagramBatch)

    /// Called when a TCP connection has ended, after its last message: a connection is a transport session, and what was known of it ends with it
    /// (RFC 7011 §8). Does nothing by default.
    func closed(_ connection: StreamConnection, now: Timestamp)

    /// Called about every 100 ms, with traffic and without, for what is due by time.
    func idle(now: Timestamp)

    /// Called once, after the last batch of a collector that stops.
    func drained(now: Timestamp)
}

extension DatagramSink {
    package func closed(_ connection: StreamConnection, now: Timestamp) {}
}
