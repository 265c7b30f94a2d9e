import ArgumentParser
import Foundation

/// `make bench`: measures Weir beside its peers and beside the floor, on loopback, and prints the tables of docs/performance.md.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measures Weir beside its peers and prints the tables of docs/performance.md.",
        discussion: "Example: make bench ONLY=cpu ROUNDS=3")

    @Option(help: "Measure one part only: \(Part.allCases.map(\.rawValue).joined(separator: ", ")). May be given several times.")
    var only: [Part] = []
    @Option(help: ArgumentHelp("Rounds of the comparison of CPU time.", valueName: "N"))
    var rounds = 3
    @Option(help: ArgumentHelp("Pods of the cluster that the part identity lists.", valueName: "N"))
    var pods = 100_000
    @Flag(help: "Write the instruction counts that are measured into instructions.json.")
    var update = false
    @Option(help: ArgumentHelp("The program to measure; as built, beside this one.", valueName: "FILE"))
    var weir: String?
    @Option(help: ArgumentHelp("Folder on a tmpfs for everything that is written.", valueName: "FOLDER"))
    var folder: String?

    func validate() throws {
        guard (1...20).contains(rounds) else { throw ValidationError("--rounds takes a number from 1 to 20.") }
        guard (1000...500_000).contains(pods) else { throw ValidationError("--pods takes a number from 1000 to 500000.") }
    }

    func run() async throws {
        Children.endOnSignals()
        let bench = try Bench(weir: weir ?? Self.builtWeir, parent: folder)
        var failed: [String] = []
        Report.write(Machine.description)
        for part in Part.allCases where only.isEmpty || only.contains(part) {
            Progress.say(part.rawValue)
            do {
                switch part {
                case .cpu: try await ProcessorPart(bench, rounds: rounds).run()
                case .capacity: try await CapacityPart(bench).run()
                case .scrape: try await ScrapePart(bench).run()
                case .exposition: try await ExpositionPart(bench).run()
                case .pairs: try await PairsPart(bench).run()
                case .identity: try await IdentityPart(bench, pods: pods, rounds: rounds).run()
                case .rules: try await RulesPart(bench, rounds: rounds).run()
                case .detection: try await DetectionPart(bench).run()
                case .instructions: try await InstructionsPart(bench, update: update).run()
                }
            } catch {
                failed.append("\(part.rawValue): \(error)")
            }
            Children.endAll()
        }
        Progress.say("done")
        bench.removeFolder()
        for failure in failed { Report.write("\n**Failed** \(failure)") }
        if !failed.isEmpty { throw ExitCode.failure }
    }

    /// The program beside this one.
    private static var builtWeir: String {
        let here = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: here).deletingLastPathComponent().appending(path: "weir").path
    }
}

/// What `ONLY=` selects.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case cpu, capacity, scrape, exposition, pairs, identity, rules, detection, instructions
}
