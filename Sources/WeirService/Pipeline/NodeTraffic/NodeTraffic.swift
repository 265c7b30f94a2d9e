import FlowModel
import Identity
import Synchronization

/// Takes what the shards have counted between nodes to where it is compared; of the owner of the totals.
final class NodeTraffic: Sendable {
    private struct State: Sendable {
        var intervals: NodeIntervals
        var receiveDrops: UInt64 = 0
    }

    private let state: Mutex<State>

    init(start: Timestamp) {
        state = Mutex(State(intervals: NodeIntervals(start: start)))
    }

    /// What is due every few seconds. Reports come before the packets they speak of are closed.
    ///
    /// - Parameter receiveDrops: datagrams that the kernel has dropped so far.
    func review(_ shards: [Shard], _ shared: SharedFacts, receiveDrops: UInt64, at now: Timestamp) {
        let taken = take(shards, shared, at: now)
        state.withLock { state in
            if receiveDrops != state.receiveDrops { state.intervals.noteReceiveDrops(at: now) }
            state.receiveDrops = receiveDrops
            state.intervals.take(taken, at: now)
            state.intervals.advance(to: now)
        }
    }

    /// Closes everything: nothing else is to come.
    func close(_ shards: [Shard], _ shared: SharedFacts, at now: Timestamp) {
        let taken = take(shards, shared, at: now)
        state.withLock { state in
            state.intervals.take(taken, at: now)
            state.intervals.close()
        }
    }

    /// The totals, and what became of the minutes.
    var totals: (pairs: [NodeIntervals.Total], results: [NodeIntervals.Result: UInt64]) {
        state.withLock { ($0.intervals.totals, $0.intervals.results) }
    }

    private func take(_ shards: [Shard], _ shared: SharedFacts, at now: Timestamp) -> NodeIntervals.Taken {
        var taken = NodeIntervals.Taken()
        var reports: [NodeIndex: NodeReport] = [:]
        for shard in shards {
            let (amounts, refused) = shard.state.withLock { shard in
                shard.takeNodeReports(into: &reports)
                return shard.nodeTraffic.take()
            }
            taken.amounts += amounts
            taken.refused &+= refused
        }
        guard !reports.isEmpty || !taken.amounts.isEmpty else { return taken }
        let identity = shared.current().view.identity
        for (node, report) in reports { if let name = identity.name(of: node) { taken.reports[name] = report } }
        taken.names = Set(taken.amounts.flatMap { [$0.source, $0.destination] }).reduce(into: [:]) { $0[$1] = identity.name(of: $1) }
        return taken
    }
}

extension NodeIntervals {
    /// What shards have counted since the last time.
    package struct Taken: Sendable {
        package var reports: [String: NodeReport] = [:]
        package var amounts: [NodeTrafficBuffer.Amount] = []
        package var names: [NodeIndex: String] = [:]
        /// Records that could not be spread over minutes.
        package var refused: UInt64 = 0

        package init() {}
    }

    /// Takes in what shards have counted.
    package mutating func take(_ taken: Taken, at now: Timestamp) {
        for (name, report) in taken.reports { take(report, of: name, at: now) }
        for amount in taken.amounts {
            guard let source = taken.names[amount.source], let destination = taken.names[amount.destination] else { continue }
            add(from: source, to: destination, amount.side, minute: amount.minute, packets: amount.packets, at: now)
        }
        // Whose they were is not known.
        if taken.refused > 0 { noteRefused(at: now) }
    }
}
