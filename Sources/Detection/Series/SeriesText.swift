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

/// On which nodes the traffic of some series was seen in a tick: those of the exporters of its edges.
enum NodesOfSeries {
    static func find(_ series: [Int: [WorkloadPair]], in tick: ClosedTick) -> [Int: Set<String>] {
        var slots: [WorkloadPair: Int] = [:]
        for (slot, pairs) in series {
            for pair in pairs { slots[pair] = slot }
        }
        var nodes: [String: String] = [:]
        for exporter in tick.exporters where !exporter.node.isEmpty { nodes[exporter.address] = exporter.node }
        if nodes.isEmpty { return [:] }
        var found: [Int: Set<String>] = [:]
        for edge in tick.edges {
            guard let slot = slots[edge.edge.pair], let node = nodes[edge.example.exporter.description] else { continue }
            found[slot, default: []].insert(node)
        }
        return found
    }
}
