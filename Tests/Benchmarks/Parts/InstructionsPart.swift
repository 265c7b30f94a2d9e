import Foundation
import Support

/// Instructions that a record takes from datagram to delta, counted by callgrind: the same on a noisy machine, so that a regression is seen.
struct InstructionsPart {
    private let bench: Bench
    private let update: Bool

    init(_ bench: Bench, update: Bool) {
        self.bench = bench
        self.update = update
    }

    /// Records of a run: one pass over the load.
    private static let records = 240_000
    /// What is called a regression.
    private static let tolerance = 0.03

    func run() async throws {
        let callgrind = try await Callgrind(bench)
        let toolchain = try await Self.toolchain()
        var committed = InstructionFile.read()
        let expected = committed[toolchain] ?? [:]
        var measured: [String: Double] = [:]
        var table = Table(
            "Instructions for a record, from its datagram to its pair's delta (\(toolchain))",
            ["protocol", "in all"] + Callgrind.rooms.map(\.title) + ["committed", "change", ""])
        var worse: [String] = []
        for (exportProtocol, counts) in try await countAll(callgrind) {
            let total = counts.total
            measured[exportProtocol.rawValue] = (total * 10).rounded() / 10
            let before = expected[exportProtocol.rawValue]
            let change = before.map { total / $0 - 1 }
            if let change, change > Self.tolerance { worse.append("\(exportProtocol.title): \(Text.percent(change)) more instructions") }
            var row = [exportProtocol.title, Text.number(total, 1)]
            row += Callgrind.rooms.map { Text.number(counts.byRoom[$0.title] ?? 0, 1) }
            row.append(before.map { Text.number($0, 1) } ?? "none")
            row.append(change.map { String(format: "%+.1f %%", $0 * 100) } ?? "")
            row.append(change.map { Verdict.atMost(Self.tolerance, $0) } ?? "skipped")
            table.add(row)
        }
        table.show()
        if update {
            committed[toolchain] = measured
            try InstructionFile.write(committed)
            Report.write("\ninstructions.json is rewritten for this toolchain.")
        } else if expected.isEmpty {
            Report.write("\nNo counts are committed for this toolchain: the comparison is skipped (`UPDATE=1` writes them).")
        } else if !worse.isEmpty {
            throw BenchFailure(worse.joined(separator: "; "))
        }
    }

    /// Counts for all protocols, two at a time: what else runs doesn't change them.
    private func countAll(_ callgrind: Callgrind) async throws -> [(BenchedProtocol, Callgrind.Counts)] {
        async let first = callgrind.count(.v5, records: Self.records)
        async let second = callgrind.count(.v9, records: Self.records)
        let netFlow = try await [(BenchedProtocol.v5, first), (.v9, second)]
        async let third = callgrind.count(.ipfix, records: Self.records)
        async let fourth = callgrind.count(.sflow, records: Self.records)
        return netFlow + (try await [(.ipfix, third), (.sflow, fourth)])
    }

    /// The toolchain as `swift --version` names it: the code it makes is what is counted.
    private static func toolchain() async throws -> String {
        let ended = try await Children.run("swift", ["--version"], within: 30)
        let lines = ended.output.split(separator: "\n")
        guard let version = lines.first(where: { $0.contains("Swift version") }), let target = lines.first(where: { $0.hasPrefix("Target:") }) else {
            throw BenchFailure("swift --version says: \(ended.output)")
        }
        return "\(version), \(target.dropFirst("Target: ".count))"
    }
}

/// The committed counts: by toolchain, then by protocol.
enum InstructionFile {
    /// Beside the sources, so that it is committed with them.
    private static let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "instructions.json")

    static func read() -> [String: [String: Double]] {
        (try? JSONDecoder().decode([String: [String: Double]].self, from: Data(contentsOf: url))) ?? [:]
    }

    static func write(_ counts: [String: [String: Double]]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(counts) + Data("\n".utf8)).write(to: url)
    }
}
