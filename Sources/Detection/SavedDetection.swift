import Windows

/// What is kept of detection over a restart, by names: the detectors' states, which series are told of together, and the learned edges.
package struct SavedDetection: Sendable, Codable, Equatable {
    /// Of the content; what another version wrote is not read.
    package static let version = 1

    /// The series of a spike or silence rule.
    package struct Series: Sendable, Codable, Equatable {
        /// Series that are told of together.
        struct Group: Sendable, Codable, Equatable {
            var cause: String
            var labels: [String: String]
            var opened: Int64
            var members: [Member]
        }

        /// What was last said of an open series.
        struct Member: Sendable, Codable, Equatable {
            /// Of the bank.
            var slot: Int
            var value: Double
            var expected: Double?
            var limit: Double?
            var score: Double
            var judge: String

            init(_ judged: DetectorBank.Judged) {
                slot = judged.slot
                (value, score, judge) = (judged.value.finite, judged.score.finite, judged.judge)
                (expected, limit) = (judged.expected?.finite, judged.limit?.finite)
            }

            func judged(_ side: DetectorSide) -> DetectorBank.Judged {
                DetectorBank.Judged(
                    slot: slot, score: score, side: side, value: value, expected: expected, limit: limit, judge: judge, isOpen: true,
                    hasOpened: false, hasClosed: false)
            }
        }

        var rule: String
        /// What the states are of: they mean nothing for another quantity or other labels.
        var shape: String
        /// Label values by slot of the bank.
        var names: [[String]?]
        /// The bank, in base64.
        var bank: String
        var groups: [Group]
    }

    /// The learned edges, names and numbers apart.
    struct Graph: Sendable, Codable, Equatable {
        var since: Int64?
        var names: [WorkloadName]
        /// Six numbers for each edge: places of its source and destination in `names`, protocol and port, first and last tick, flags.
        var edges: [Int64]
    }

    var series: [Series] = []
    var graph = Graph(since: nil, names: [], edges: [])

    /// Nothing is known.
    package init() {}

    init(series: [Series], graph: Graph) {
        self.series = series
        self.graph = graph
    }

    /// The learned edges, for people.
    package var baseline: Baseline {
        var known = LearnedGraph(limit: .max)
        known.restore(graph)
        return Baseline(known)
    }

    /// Takes in learned edges, beside those that are there.
    package mutating func add(_ baseline: Baseline) {
        var known = LearnedGraph(limit: .max)
        known.restore(graph)
        baseline.add(to: &known)
        graph = known.saved
    }
}

extension LearnedGraph {
    private static let flagSettled: Int64 = 1
    private static let flagApproved: Int64 = 2

    var saved: SavedDetection.Graph {
        var saved = SavedDetection.Graph(since: since, names: [], edges: [])
        var places: [WorkloadName: Int64] = [:]
        func place(_ name: WorkloadName) -> Int64 {
            if let place = places[name] { return place }
            places[name] = Int64(saved.names.count)
            saved.names.append(name)
            return Int64(saved.names.count - 1)
        }
        for (edge, entry) in all {
            let flags = (entry.isSettled ? Self.flagSettled : 0) | (entry.isApproved ? Self.flagApproved : 0)
            let (source, destination) = (place(edge.source), place(edge.destination))
            saved.edges += [source, destination, Int64(Self.service(edge.protocolNumber, edge.port)), entry.first, entry.last, flags]
        }
        return saved
    }

    /// Takes up what an earlier run kept; what makes no sense is left out.
    mutating func restore(_ saved: SavedDetection.Graph) {
        if let since = saved.since, (0...(1 << 40)).contains(since) { begin(at: since) }
        var index = 0
        while index + 5 < saved.edges.count {
            let fields = saved.edges[index..<(index + 6)]
            index += 6
            let start = fields.startIndex
            guard let source = Int(exactly: fields[start]), let destination = Int(exactly: fields[start + 1]), saved.names.indices.contains(source),
                saved.names.indices.contains(destination), let service = UInt32(exactly: fields[start + 2]), service < 1 << 24
            else { continue }
            let (first, last, flags) = (fields[start + 3], fields[start + 4], fields[start + 5])
            guard (0...(1 << 40)).contains(first), (first...(1 << 40)).contains(last) else { continue }
            add(
                EdgeName(
                    source: saved.names[source], destination: saved.names[destination], protocolNumber: UInt8(truncatingIfNeeded: service >> 16),
                    port: UInt16(truncatingIfNeeded: service)),
                first: first, last: last, isSettled: flags & Self.flagSettled != 0, isApproved: flags & Self.flagApproved != 0)
        }
    }
}

extension Double {
    /// Itself, or 0 for what JSON cannot hold.
    fileprivate var finite: Double { isFinite ? self : 0 }
}
