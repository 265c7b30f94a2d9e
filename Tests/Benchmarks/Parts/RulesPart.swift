import Foundation
import Support

/// What it costs to watch: Weir with all built-in rules against Weir without any, side by side in one run.
struct RulesPart {
    private let bench: Bench
    private let rounds: Int

    init(_ bench: Bench, rounds: Int) {
        self.bench = bench
        self.rounds = rounds
    }

    func run() async throws {
        var table = Table(
            "CPU seconds of Weir for a million records, with all built-in rules against none",
            ["protocol", "without rules", "with all built-in rules", "ratio", "target", ""])
        for exportProtocol in BenchedProtocol.allCases {
            let without = try await WeirCollector(bench, "disabled_rules: [\"*\"]")
            let with = try await WeirCollector(bench, "alerting: { log: disabled }")
            defer { for collector in [without, with] { collector.process.send(SIGTERM) } }
            var (plain, watched) = (Spread(), Spread())
            for round in 1...rounds {
                Progress.say("round \(round): \(exportProtocol.title)")
                plain.values.append(try await without.cost(bench, exportProtocol, addresses: 1000))
                watched.values.append(try await with.cost(bench, exportProtocol, addresses: 1000))
            }
            let ratio = watched.median / plain.median
            table.add([exportProtocol.title, plain.text(), watched.text(), Text.number(ratio, 2), "at most 1.5", Verdict.atMost(1.5, ratio)])
        }
        table.show()
    }
}
