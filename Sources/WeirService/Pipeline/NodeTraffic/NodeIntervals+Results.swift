import FlowModel

extension NodeIntervals {
    /// What became of a pair's minute: the `result` label of `weir_node_intervals_total`.
    package enum Result: Sendable, Hashable, CaseIterable {
        case counted
        /// One of the exporters had lost records, or was sampled.
        case troubled(NodeReport.Trouble)
        /// The kernel had dropped datagrams.
        case receiveDrops
        /// One of the exporters was not there for all of it, or has not been heard since.
        case silent
        /// One of the exporters takes longer to tell of a packet than five minutes, or told of it when the minute had been closed.
        case late
        /// There was no room to keep it.
        case noRoom

        package static let allCases: [Result] =
            [.counted] + NodeReport.Trouble.allCases.map { .troubled($0) } + [.receiveDrops, .silent, .late, .noRoom]

        package var label: String {
            switch self {
            case .counted: "counted"
            case .troubled(let trouble): trouble.rawValue
            case .receiveDrops: "receive_drops"
            case .silent: "silent"
            case .late: "late"
            case .noRoom: "no_room"
            }
        }
    }

    /// The totals of a pair of nodes.
    package struct Total: Sendable, Equatable {
        package var source: String
        package var destination: String
        package var sent: UInt64
        package var received: UInt64
    }
}
