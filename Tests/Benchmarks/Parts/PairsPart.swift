import Support

/// Cost of a record, and memory, by the number of pairs.
struct PairsPart {
    struct Answer: Decodable {
        var pairs: Double
        var nanosecondsPerRecord: Double
        /// Nothing where there are too few pairs to say.
        var bytesPerPair: Double?
        var stallMilliseconds: Double
    }

    private let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    static func measure(_ bench: Bench, pairs: Int) async throws -> Answer {
        try await bench.run(Answer.self, ["pairs", "--pairs", "\(pairs)", "--records", "\(max(10_000_000, 2 * pairs))"], within: 120)
    }

    func run() async throws {
        var table = Table(
            "Attributing and counting by the number of pairs (target: at most 120 bytes for each pair beyond the first 20,000)",
            ["pairs", "ns a record", "bytes a pair", "", "longest stall"])
        for pairs in [1000, 100_000, 1_000_000, 10_000_000] {
            let name = pairs.formatted(.number.locale(.init(identifier: "en")))
            do {
                let answer = try await Self.measure(bench, pairs: pairs)
                table.add([
                    name, Text.number(answer.nanosecondsPerRecord, 1), answer.bytesPerPair.map { Text.number($0) } ?? "",
                    pairs > 20_000 ? Verdict.atMost(120, answer.bytesPerPair ?? .nan) : "", Text.number(answer.stallMilliseconds, 2) + " ms",
                ])
            } catch {
                table.add([name, "not available", "", "", ""])
                Progress.say("\(error)")
            }
        }
        table.show()
    }
}
