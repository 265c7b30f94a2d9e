import Windows

/// Series and ends as people read them.
enum SeriesText {
    /// `shop/frontend → shop/cart`; `shop → payments`.
    static func string(_ labels: [String: String]) -> String {
        let ends = ["source", "destination"].filter { labels["\($0)_namespace"] != nil || labels["\($0)_workload"] != nil }
        if ends.count == 2 { return "\(end(labels, "source")) → \(end(labels, "destination"))" }
        return ends.first.map { "\($0 == "source" ? "from" : "to") \(end(labels, $0))" } ?? "all traffic"
    }

    /// One end of the labels of a series.
    static func end(_ labels: [String: String], _ side: String) -> String {
        [labels["\(side)_namespace"], labels["\(side)_workload"]].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "/")
    }

    static func end(_ name: WorkloadName) -> String {
        name.name.isEmpty ? name.namespace : "\(name.namespace)/\(name.name)"
    }
}

extension Rule.Quantity {
    /// How much of it there is.
    func value(of amounts: Amounts) -> Double { Double(max(0, count(of: amounts))) }

    func count(of amounts: Amounts) -> Int64 {
        switch self {
        case .bytes: amounts.bytes
        case .packets: amounts.packets
        case .records: amounts.records
        case .droppedPackets: amounts.droppedPackets
        case .tcpSYNRecords: amounts.synRecords
        case .tcpResetRecords: amounts.resetRecords
        case .ecnMarkedPackets: amounts.ecnMarkedPackets
        }
    }
}

/// On which node the traffic of some series was seen in a tick, where it was only one: that of the exporters that told of it.
enum NodesOfSeries {
    static func find(_ slots: Set<Int>, of sums: SeriesSums, _ facts: TickFacts) -> [Int: String] {
        let nodes = facts.tick.nodes
        if nodes.isEmpty { return [:] }
        var found: [Int: String?] = [:]
        for (index, series) in facts.tick.series.enumerated() {
            guard let exporter = series.exporter, let slot = sums.slot(ofPlace: facts.pairs.order[index]), slots.contains(slot) else { continue }
            let node = nodes[exporter]
            // What is on no node, such as a router, says nothing; several exporters may be on several.
            guard node != nil || exporter == .rest else { continue }
            found[slot] = .some(found[slot, default: node] == node ? node : nil)
        }
        return found.compactMapValues { $0 }
    }
}
