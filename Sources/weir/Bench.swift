import ArgumentParser
import WeirService

extension BenchProtocol: ExpressibleByArgument {}

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes load, and measures parts of Weir by themselves.",
        discussion: """
            Example: weir bench load --to 127.0.0.1:4739 --protocol ipfix --records 20000000 --rate 2000000

            docs/performance.md says how the whole is measured.
            """,
        subcommands: [
            LoadCommand.self, DiscardCommand.self, IdentityCommand.self, CountCommand.self, ExpositionCommand.self, PairsCommand.self,
            LookupCommand.self, ChurnCommand.self, ListCommand.self, DetectionCommand.self,
        ])

    struct LoadCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "load",
            abstract: "Sends flow records and prints what it has sent, exactly.",
            discussion: "Example: weir bench load --to 127.0.0.1:2055 --protocol v5 --records 1000000 --rate 100000")

        @Option(help: ArgumentHelp("Where to send to.", valueName: "HOST:PORT"))
        var to: String
        @Option(name: .customLong("protocol"), help: "v5, v9, ipfix or sflow.")
        var exportProtocol: BenchProtocol
        @Option(help: ArgumentHelp("Records (sFlow: samples) in all.", valueName: "N"))
        var records: Int
        @Option(help: ArgumentHelp("Records a second; 0: as fast as it can be done.", valueName: "N"))
        var rate = 0.0
        @Option(help: ArgumentHelp("Different pairs of pods, some much busier than others.", valueName: "N"))
        var pairs = 20_000
        @Option(help: ArgumentHelp("Pods.", valueName: "N"))
        var addresses = 1000
        @Option(help: ArgumentHelp("Exporters, each at a port of its own.", valueName: "N"))
        var sources = 1
        @Option(help: ArgumentHelp("Another seed is another traffic.", valueName: "N"))
        var seed: UInt64 = 1

        func validate() throws {
            for (name, value, range) in [
                ("records", records, 1...Int.max), ("pairs", pairs, 1...16_000_000), ("addresses", addresses, 2...65_536),
                ("sources", sources, 1...256),
            ] where !range.contains(value) {
                throw ValidationError("--\(name) takes a number from \(range.lowerBound) to \(range.upperBound).")
            }
            if rate < 0 { throw ValidationError("--rate takes a number from 0 up.") }
        }

        func run() throws {
            var options = LoadRun.Options()
            options.exportProtocol = exportProtocol
            options.destination = to
            options.records = records
            options.rate = rate
            options.pairs = pairs
            options.addresses = addresses
            options.exporters = sources
            options.seed = seed
            try failing { try LoadRun.run(options) }
        }
    }

    struct DiscardCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "discard",
            abstract: "Receives datagrams and does nothing with them: the floor that every collector stands on.",
            discussion: "Example: weir bench discard --listen 127.0.0.1:2055")

        @Option(help: ArgumentHelp("Where to listen; port 0 lets the kernel choose.", valueName: "HOST:PORT"))
        var listen: String
        @Option(help: ArgumentHelp("Receive buffer to ask for.", valueName: "BYTES"))
        var receiveBuffer = 16 << 20

        func run() throws { try failing { try DiscardRun.run(listen: listen, receiveBuffer: receiveBuffer) } }
    }

    struct IdentityCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "identity",
            abstract: "Prints an identity file that names the pods of the load.",
            discussion: "Example: weir bench identity > pods.json")

        @Option(help: ArgumentHelp("Pods.", valueName: "N"))
        var addresses = 1000

        func run() throws { BenchCluster.printIdentityFile(addresses: addresses) }
    }

    struct CountCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "count",
            abstract: "Decodes, attributes and counts the load's records in one thread, without sockets.",
            discussion: "Example: valgrind --tool=callgrind weir bench count --protocol v9 --records 100000")

        @Option(name: .customLong("protocol"), help: "v5, v9, ipfix or sflow.")
        var exportProtocol: BenchProtocol
        @Option(help: ArgumentHelp("Records (sFlow: samples) in all.", valueName: "N"))
        var records = 1_000_000

        @Flag(help: "Keep what rules judge, too.")
        var rules = false

        func run() throws { try failing { try CountRun.run(exportProtocol, records: records, isWatched: rules) } }
    }

    struct ExpositionCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exposition",
            abstract: "Writes /metrics for a number of pairs, and prints how fast.",
            discussion: "Example: weir bench exposition --pairs 100000 --gzip")

        @Option(help: ArgumentHelp("Pairs, three counters each.", valueName: "N"))
        var pairs = 100_000
        @Flag(help: "Compress it.")
        var gzip = false

        func validate() throws { try checkPairs(pairs) }

        func run() throws { try failing { try ExpositionRun.run(pairs: pairs, gzip: gzip) } }
    }

    struct PairsCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pairs",
            abstract: "Prints what a record costs, and a pair takes of memory, with a number of pairs.",
            discussion: "Example: weir bench pairs --pairs 1000000 --records 10000000")

        @Option(help: ArgumentHelp("Pairs.", valueName: "N"))
        var pairs = 100_000
        @Option(help: ArgumentHelp("Records, each of a pair chosen at random.", valueName: "N"))
        var records = 5_000_000

        func validate() throws {
            try checkPairs(pairs)
            if records < 1 { throw ValidationError("--records takes a number from 1 up.") }
        }

        func run() throws { try failing { try PairsRun.run(pairs: pairs, records: records) } }
    }

    struct LookupCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lookup",
            abstract: "Prints what a record's two look-ups cost, and a change of the identity table, with a number of endpoints.",
            discussion: "Example: weir bench lookup --endpoints 100000")

        @Option(help: ArgumentHelp("Pods, each with an address.", valueName: "N"))
        var endpoints = 100_000
        @Option(help: ArgumentHelp("Records, between pods chosen at random.", valueName: "N"))
        var records = 20_000_000

        func validate() throws {
            guard (2...4_000_000).contains(endpoints) else { throw ValidationError("--endpoints takes a number from 2 to 4000000.") }
            if records < 1 { throw ValidationError("--records takes a number from 1 up.") }
        }

        func run() throws { try failing { try LookupRun.run(endpoints: endpoints, records: records) } }
    }

    struct ChurnCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "churn",
            abstract: "Prints what changes of pods cost the thread that counts meanwhile.",
            discussion: "Example: weir bench churn --changes 1000 --seconds 20")

        @Option(help: ArgumentHelp("Pods, each with an address.", valueName: "N"))
        var endpoints = 50_000
        @Option(help: ArgumentHelp("Changes a second.", valueName: "N"))
        var changes = 1000
        @Option(help: ArgumentHelp("How long, half of it without changes.", valueName: "SECONDS"))
        var seconds = 20

        func validate() throws {
            for (name, value, range) in [("endpoints", endpoints, 1000...65_536), ("changes", changes, 1...100_000), ("seconds", seconds, 2...3600)]
            where !range.contains(value) {
                throw ValidationError("--\(name) takes a number from \(range.lowerBound) to \(range.upperBound).")
            }
        }

        func run() throws { try failing { try ChurnRun.run(endpoints: endpoints, changesPerSecond: changes, seconds: seconds) } }
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Lists and watches a cluster, and prints what that took of time and memory.",
            discussion: "Example: weir bench list --server http://127.0.0.1:8001 --seconds 10")

        @Option(help: ArgumentHelp("An API server that asks for no credentials, such as that of `kubectl proxy`.", valueName: "URL"))
        var server: String
        @Option(help: ArgumentHelp("How long to watch when all is listed.", valueName: "SECONDS"))
        var seconds = 5

        func run() throws { try failing { try ListRun.run(server: server, seconds: seconds) } }
    }
}

private func checkPairs(_ pairs: Int) throws {
    guard (1...16_000_000).contains(pairs) else { throw ValidationError("--pairs takes a number from 1 to 16000000.") }
}

/// Runs `body`; ends the command with status 1 and the error's words where it throws.
func failing(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch {
        throw CommandFailure.failed("\(error)")
    }
}
