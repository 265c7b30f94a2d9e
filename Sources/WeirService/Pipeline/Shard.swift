import Collector
import FlowModel
import Synchronization

/// A receive thread's share of the work (that of TCP connections is one, too): its lock is taken once a batch, and for a moment each second by the owner of the totals.
final class Shard: DatagramSink, Sendable {
    let state: Mutex<ShardState>
    private let demand: TakeOverDemand

    init(_ state: sending ShardState, demand: TakeOverDemand) {
        self.state = Mutex(state)
        self.demand = demand
    }

    func receive(_ batch: borrowing DatagramBatch) {
        let hasPlenty = state.withLock { state in
            state.refresh()
            for index in 0..<batch.count {
                let datagram = batch[index]
                let key = SessionKey(
                    address: datagram.source, sourcePort: datagram.sourcePort, localPort: batch.localPort, connection: batch.connection)
                unsafe state.receive(datagram.payload, from: key, at: datagram.received)
            }
            return state.deltas.hasPlenty || state.bookings?.hasPlenty == true
        }
        if hasPlenty { demand.raise() }
    }

    func closed(_ connection: StreamConnection, now: Timestamp) {
        let key = SessionKey(
            address: connection.source, sourcePort: connection.sourcePort, localPort: connection.localPort, connection: connection.number)
        state.withLock { state in
            state.refresh()
            state.close(key, at: now)
        }
    }

    /// Nothing: the owner of the totals calls on every shard each second.
    func idle(now: Timestamp) {}

    func drained(now: Timestamp) {}
}
