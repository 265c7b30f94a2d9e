import Support

/// The highest rate at which Weir loses nothing for ten seconds.
struct CapacityPart {
    /// What a search found.
    private struct Found {
        /// Records a second that were sent in ten seconds without a loss; 0: none was found.
        var rate = 0.0
        /// The lowest rate at which something was lost; nil where the generator could not send faster.
        var losing: Double?
    }

    private let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    /// Seconds that it has to last.
    private static let seconds = 10.0
    /// Seconds of an attempt on the way.
    private static let attemptSeconds = 1.5

    func run() async throws {
        var table = Table(
            "Records a second without loss for ten seconds (generator and collector share \(Machine.cores) cores; 16 exporters)",
            ["protocol", "target, one thread", "one thread", "", "two threads"])
        for exportProtocol in BenchedProtocol.allCases {
            let one = try await search(exportProtocol, threads: 1)
            let two = try await search(exportProtocol, threads: 2)
            table.add([
                exportProtocol.title, Text.rate(exportProtocol.capacity), text(one), Verdict.atLeast(exportProtocol.capacity * 0.995, one.rate),
                text(two),
            ])
        }
        table.show()
    }

    private func text(_ found: Found) -> String {
        let limit = found.losing.map { "loses at \(Text.rate($0))" } ?? "the generator sends no faster"
        return found.rate > 0 ? "\(Text.rate(found.rate)) (\(limit))" : "none found (\(limit))"
    }

    /// Halves the interval between what is lossless and what is not in short attempts, then tries the best for ten seconds.
    private func search(_ exportProtocol: BenchedProtocol, threads: Int) async throws -> Found {
        let collector = try await WeirCollector(bench, threads: threads)
        var found = Found()
        do {
            var good = 0.0
            var bad: Double?
            var next = exportProtocol.capacity
            for _ in 0..<5 {
                let attempt = try await isLossless(collector, exportProtocol, rate: next, seconds: Self.attemptSeconds)
                if attempt.isLossless { good = max(good, attempt.rate) } else { bad = min(bad ?? .infinity, attempt.rate) }
                // The generator is at its end: no higher rate can be tried.
                if attempt.isLossless, attempt.rate < next * 0.97 { break }
                next = bad.map { good > 0 ? (good + $0) / 2 : $0 * 0.7 } ?? good * 1.4
            }
            var rate = good > 0 ? good : next
            for _ in 0..<4 {
                let attempt = try await isLossless(collector, exportProtocol, rate: rate, seconds: Self.seconds)
                if attempt.isLossless {
                    found.rate = attempt.rate
                    break
                }
                bad = min(bad ?? .infinity, attempt.rate)
                rate *= 0.9
            }
            found.losing = bad
        } catch {
            await Children.end(collector.process)
            throw error
        }
        await Children.end(collector.process)
        return found
    }

    private func isLossless(
        _ collector: WeirCollector, _ exportProtocol: BenchedProtocol, rate: Double, seconds: Double
    ) async throws -> (isLossless: Bool, rate: Double) {
        let before = try await collector.sum("weir_exporter_records_total")
        let load = try await Load.send(bench, to: collector.port, exportProtocol, records: Int(rate * seconds), rate: rate, sources: 16)
        let expected = before + Double(load.records)
        let counted = try await collector.counted(upTo: expected)
        Progress.say(
            "\(exportProtocol.title) at \(Text.rate(rate)) for \(seconds) s: sent at \(Text.rate(load.rate)), lost \(Int(expected - counted)) of \(load.records)"
        )
        return (counted == expected, load.rate)
    }
}
