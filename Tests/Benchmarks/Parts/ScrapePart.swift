import Support

/// A scrape does not stop reception.
struct ScrapePart {
    private let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    /// Seconds of load, with a scrape each second.
    private static let seconds = 10.0
    /// Traffics of 20,000 pairs each that make a hundred thousand pairs.
    private static let traffics = 7

    func run() async throws {
        var table = Table(
            "Scraped once a second for ten seconds, every second time with gzip, at half of the rate that is to be taken",
            ["protocol", "records a second", "pairs", "scrapes", "longest scrape", "lost", ""])
        for exportProtocol in BenchedProtocol.allCases {
            let collector = try await WeirCollector(bench, maximumPairs: 200_000)
            do {
                table.add(try await row(exportProtocol, collector))
            } catch {
                await Children.end(collector.process)
                throw error
            }
            await Children.end(collector.process)
        }
        table.show()
        await showStall()
    }

    private func row(_ exportProtocol: BenchedProtocol, _ collector: WeirCollector) async throws -> [String] {
        var sent = 0.0
        for seed in 1...Self.traffics {
            sent += Double(
                try await Load.send(bench, to: collector.port, exportProtocol, records: 240_000, rate: exportProtocol.rate / 4, seed: seed).records)
        }
        let before = try await collector.counted(upTo: sent)
        guard before == sent else { throw BenchFailure("\(Int(sent - before)) records were lost before the first scrape") }
        let rate = exportProtocol.capacity / 2
        async let loading = Load.send(bench, to: collector.port, exportProtocol, records: Int(rate * Self.seconds), rate: rate)
        var times = Spread()
        for second in 0..<Int(Self.seconds) {
            let next = ContinuousClock.now + .seconds(1)
            times.values.append(try await collector.scrape(gzip: second % 2 == 1).seconds)
            try await ContinuousClock().sleep(until: next)
        }
        let load = try await loading
        let lost = before + Double(load.records) - (try await collector.counted(upTo: before + Double(load.records)))
        let pairs = try await collector.sum("weir_pairs")
        return [
            exportProtocol.title, Text.rate(load.rate), Text.number(pairs), "\(times.values.count)",
            Text.number((times.values.max() ?? .nan) * 1000) + " ms",
            "\(Int(lost)) of \(load.records)", Verdict.atMost(0, lost),
        ]
    }

    private func showStall() async {
        var table = Table(
            "The longest stall of a receive thread while the owner of the totals takes its deltas", ["pairs", "target", "longest stall", ""])
        do {
            let answer = try await PairsPart.measure(bench, pairs: 100_000)
            table.add(["100,000", "under 5 ms", Text.number(answer.stallMilliseconds, 2) + " ms", Verdict.atMost(5, answer.stallMilliseconds)])
        } catch {
            table.add(["100,000", "under 5 ms", "not available", ""])
            Progress.say("\(error)")
        }
        table.show()
    }
}
