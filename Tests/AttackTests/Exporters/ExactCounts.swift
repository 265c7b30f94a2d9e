import FlowModel
import Support

/// What was sent, to be compared with what `/metrics` says was counted, to the last packet.
struct ExactCounts: Sendable, Equatable {
    /// By "shop/pod-1 > shop/pod-2".
    private(set) var bytes: [String: UInt64] = [:]
    private(set) var packets: [String: UInt64] = [:]
    private(set) var records: UInt64 = 0

    /// Nothing.
    init() {}

    /// What a weir counted between the pods of `shop`, and the records it took from some exporters.
    ///
    /// - Parameter exporters: values of the label `exporter`; empty: of all.
    init(countedBy weir: RunningWeir, from exporters: Set<String> = []) async throws {
        let flows = try Exposition(await weir.get("/metrics?collect[]=flows"))
        let isHonest = { (pair: (key: String, value: UInt64)) in
            pair.value > 0 && pair.key.split(separator: ">").allSatisfy { $0.contains("shop/pod-") }
        }
        bytes = flows.pairs("weir_flow_bytes_total").filter(isHonest)
        packets = flows.pairs("weir_flow_packets_total").filter(isHonest)
        let own = try await OwnMetrics(of: weir)
        records = UInt64(own.sum("weir_exporter_records_total") { exporters.isEmpty || exporters.contains($0["exporter"] ?? "") })
    }

    /// Adds a flow that was sent, at its sampling rate.
    mutating func add(_ flow: Flow, rate: UInt32) {
        guard let source = ClusterPods.honestName(flow.source), let destination = ClusterPods.honestName(flow.destination) else { return }
        bytes["\(source) > \(destination)", default: 0] += flow.bytes * UInt64(rate)
        packets["\(source) > \(destination)", default: 0] += flow.packets * UInt64(rate)
        records += 1
    }

    /// How this differs from what was counted, in words, up to a few; empty where it doesn't.
    func differences(from counted: ExactCounts) -> [String] {
        var found: [String] = []
        if records != counted.records { found.append("records: \(records) sent, \(counted.records) counted") }
        for (what, sent, counted) in [("bytes", bytes, counted.bytes), ("packets", packets, counted.packets)] {
            for pair in Set(sent.keys).union(counted.keys).sorted() where sent[pair] != counted[pair] {
                found.append("\(what) of \(pair): \(sent[pair] ?? 0) sent, \(counted[pair] ?? 0) counted")
            }
        }
        return Array(found.prefix(6))
    }
}

/// A weir's metrics about itself: a family of them is looked for before it is read, since after an attack there are many.
struct OwnMetrics {
    private let text: String

    init(of weir: RunningWeir) async throws {
        text = try await weir.get("/metrics?collect[]=self")
    }

    /// The sum of a family's samples whose labels `isWanted` takes.
    func sum(_ name: String, where isWanted: ([String: String]) -> Bool = { _ in true }) -> Double {
        let lines = text.split(separator: "\n").filter {
            $0.hasPrefix(name) && ($0.dropFirst(name.count).first == "{" || $0.dropFirst(name.count).first == " ")
        }
        let samples = (try? Exposition(lines.joined(separator: "\n")))?.samples ?? []
        return samples.filter { isWanted($0.labels) }.reduce(0) { $0 + $1.value }
    }
}
