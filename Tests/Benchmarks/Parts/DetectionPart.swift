import Foundation

/// Cost of a tick of all series of a rule.
struct DetectionPart {
    private struct Answer: Decodable {
        var nanosecondsPerSeries: Double
        var least: Double
        var most: Double
        var tickMilliseconds: Double
        var octetsPerSeries: Int
        var octetsPerSeriesWithRecords: Int
    }

    private let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    func run() async throws {
        var table = Table(
            "A tick of a rule's series (targets: 15 ms for 100,000, 200 ms for 1,000,000; 384 octets, twice as many with Record3)",
            ["series", "ns a series (least–most)", "a tick", "", "octets a series", ""])
        for (series, limit) in [(1000, 0.15), (100_000, 15.0), (1_000_000, 200)] {
            let answer = try await bench.run(Answer.self, ["detection", "--series", "\(series)"], within: 120)
            table.add([
                series.formatted(.number.locale(.init(identifier: "en"))), "\(answer.nanosecondsPerSeries) (\(answer.least)–\(answer.most))",
                Text.number(answer.tickMilliseconds, 1) + " ms", Verdict.atMost(limit, answer.tickMilliseconds),
                "\(answer.octetsPerSeries), \(answer.octetsPerSeriesWithRecords)", Verdict.atMost(384, Double(answer.octetsPerSeries)),
            ])
        }
        table.show()
    }
}
