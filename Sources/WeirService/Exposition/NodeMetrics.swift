import Metrics

/// The two ends of the way between nodes, as `/metrics` shows them.
struct NodeMetrics: Sendable {
    enum Family: CaseIterable, Sendable {
        case sent
        case received
        case minutes
    }

    private let pairs: [NodeIntervals.Total]
    private let results: [NodeIntervals.Result: UInt64]

    init(_ traffic: NodeTraffic) {
        (pairs, results) = traffic.totals
    }

    /// Writes the next rows of a family; whether they were the last.
    func write(_ family: Family, after cursor: inout Int, limit: Int, to writer: inout ExpositionWriter) -> Bool {
        // A family without samples is left out.
        guard !results.isEmpty else { return true }
        if cursor == 0 { begin(family, &writer) }
        guard family != .minutes else {
            for result in NodeIntervals.Result.allCases {
                writer.sample(["result": result.label], value: results[result, default: 0])
            }
            return true
        }
        let end = min(cursor + limit, pairs.count)
        for pair in pairs[min(cursor, end)..<end] {
            writer.sample(["source_node": pair.source, "destination_node": pair.destination], value: family == .sent ? pair.sent : pair.received)
        }
        cursor = end
        return end == pairs.count
    }

    private func begin(_ family: Family, _ writer: inout ExpositionWriter) {
        switch family {
        case .sent:
            writer.family(
                "weir_node_sent_packets_total", type: .counter, help: "Packets between pods of two nodes, as counted where they set out.")
        case .received:
            writer.family(
                "weir_node_received_packets_total", type: .counter, help: "The same packets, as counted where they arrived.")
        case .minutes:
            writer.family(
                "weir_node_intervals_total", type: .counter, help: "Minutes of pairs of nodes, by whether both ends could be compared.")
        }
    }
}
