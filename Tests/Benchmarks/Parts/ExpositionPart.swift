import Support

/// How fast text is made, and the memory that `weir serve` takes.
struct ExpositionPart {
    private struct Answer: Decodable {
        var pairs: Double
        var bytes: Double
        var seconds: Double
        var megabytesPerSecond: Double
        var growthBytes: Double
    }

    private let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    func run() async throws {
        var table = Table(
            "Exposition on one core, three counters for each pair", ["pairs", "", "text", "time", "a second", "memory grew by", "target", ""])
        for (pairs, gzip) in [(100_000, false), (100_000, true), (1_000_000, false)] {
            table.add(await row(pairs: pairs, gzip: gzip))
        }
        table.show()
        try await showMemory()
    }

    private func row(pairs: Int, gzip: Bool) async -> [String] {
        let name = [pairs.formatted(.number.locale(.init(identifier: "en"))), gzip ? "gzip" : "plain"]
        let target = pairs > 100_000 ? "growth at most 64 MB" : gzip ? "under 600 ms" : "under 200 ms, at least 400 MB/s"
        do {
            let answer = try await bench.run(Answer.self, ["exposition", "--pairs", "\(pairs)"] + (gzip ? ["--gzip"] : []), within: 120)
            let verdict =
                pairs > 100_000
                ? Verdict.atMost(64e6, answer.growthBytes)
                : gzip || answer.megabytesPerSecond >= 400 ? Verdict.atMost(gzip ? 0.6 : 0.2, answer.seconds) : "MISSED"
            return name + [
                Text.number(answer.bytes / 1e6, 1) + " MB", Text.number(answer.seconds * 1000) + " ms",
                Text.number(answer.megabytesPerSecond) + " MB",
                Text.number(answer.growthBytes / 1e6, 1) + " MB", target, verdict,
            ]
        } catch {
            Progress.say("\(error)")
            return name + ["not available", "", "", "", target, ""]
        }
    }

    /// Resident memory of the service at the 20,000 pairs of the load, after scrapes.
    private func showMemory() async throws {
        var table = Table(
            "Resident memory of `weir serve`, one receive thread", ["", "pairs", "now", "at most", "target", ""])
        let collector = try await WeirCollector(bench)
        do {
            let idle = ProcessTree.residentMemory(of: collector.process.id)
            table.add(["started", "0", Text.mebibytes(idle.now), Text.mebibytes(idle.most), "", ""])
            for exportProtocol in BenchedProtocol.allCases {
                _ = try await Load.send(bench, to: collector.port, exportProtocol, records: 480_000, rate: exportProtocol.rate / 4)
            }
            for gzip in [false, true, false, true] { _ = try await collector.scrape(gzip: gzip) }
            try await collector.settle()
            let pairs = try await collector.sum("weir_pairs")
            let memory = ProcessTree.residentMemory(of: collector.process.id)
            table.add([
                "after the load of four protocols and four scrapes", Text.number(pairs), Text.mebibytes(memory.now), Text.mebibytes(memory.most),
                "under 64 MB in all", Verdict.atMost(64e6, Double(memory.most)),
            ])
        } catch {
            await Children.end(collector.process)
            throw error
        }
        await Children.end(collector.process)
        table.show()
    }
}
