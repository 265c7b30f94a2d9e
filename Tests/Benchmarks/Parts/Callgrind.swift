import Foundation
import Support

/// Counts what `ShardState.receive` and all it calls execute.
struct Callgrind {
    /// What was counted for a record.
    struct Counts {
        var total = 0.0
        /// By the room whose function executes them.
        var byRoom: [String: Double] = [:]
    }

    /// The rooms that are told apart, with how the names of their functions begin.
    static let rooms: [(title: String, modules: [String])] = [
        ("decoding", ["FlowProtocols"]),
        ("exporters", ["Exporters"]),
        ("look-up", ["Identity"]),
        ("pair table", ["Ledger"]),
        ("windows", ["Windows"]),
        ("shard", ["WeirService"]),
        ("rest", []),
    ]

    private let bench: Bench
    private let program: String
    private let symbol: String

    /// Makes a copy of the program without debugging information, which Valgrind cannot read (DWARF 5), and looks for the function in it.
    init(_ bench: Bench) async throws {
        self.bench = bench
        program = bench.path("weir-counted")
        let copy = try await Children.run("objcopy", ["--strip-debug", bench.weir, program], within: 60)
        guard copy.status == 0 else { throw BenchFailure("objcopy: \(copy.errors.suffix(300))") }
        let names = try await Children.run("nm", [program], within: 60).output.split(separator: "\n").compactMap { $0.split(separator: " ").last }
            .filter { $0.hasPrefix("$s") && $0.contains("ShardState") && $0.contains("receive") }.map(String.init)
        var found: [String] = []
        for name in names {
            let plain = try await Children.run("swift", ["demangle", "--compact", name], within: 30).output
            if plain.hasPrefix("WeirService.ShardState.receive(") { found.append(name) }
        }
        guard let symbol = found.first, found.count == 1 else {
            throw BenchFailure("ShardState.receive is not one function of the program: \(names)")
        }
        self.symbol = symbol
    }

    /// Runs `weir bench count` and counts.
    func count(_ exportProtocol: BenchedProtocol, records: Int) async throws -> Counts {
        let file = bench.path("callgrind.\(exportProtocol.rawValue)")
        Progress.say("callgrind: \(exportProtocol.title)")
        let ended = try await Children.run(
            "valgrind",
            [
                "--tool=callgrind", "--toggle-collect=\(symbol)", "--callgrind-out-file=\(file)", program, "bench", "count", "--protocol",
                exportProtocol.rawValue, "--records", "\(records)",
            ],
            environment: ["SWIFT_DETERMINISTIC_HASHING": "1"], within: 300)
        guard ended.status == 0, let total = ended.errors.firstMatch(of: /Collected : ([0-9]+)/).flatMap({ Double($0.1) }), total > 0 else {
            throw BenchFailure("valgrind: \(ended.errors.suffix(500))")
        }
        // Datagrams are full, so that a few records more are counted than were asked for.
        struct Answer: Decodable { var records: Double }
        let counted = try JSONDecoder().decode(Answer.self, from: Data(ended.output.utf8)).records
        return Counts(total: total / counted, byRoom: try await byRoom(file).mapValues { $0 / counted })
    }

    private func byRoom(_ file: String) async throws -> [String: Double] {
        let text = try await Children.run("callgrind_annotate", ["--threshold=100", file], within: 60).output
        var counts: [String: Double] = [:]
        for line in text.split(separator: "\n") {
            guard let match = line.firstMatch(of: /^\s*([0-9,]+) .*\?\?\?:(\S+)/), let count = Double(match.1.filter { $0 != "," }) else { continue }
            let name = match.2
            // A mangled name begins with `$s`, the length of the module's name, and that name.
            let room = Self.rooms.first { room in room.modules.contains { name.hasPrefix("$s\($0.utf8.count)\($0)") } }
            counts[room?.title ?? "rest", default: 0] += count
        }
        return counts
    }
}
