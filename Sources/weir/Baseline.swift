import ArgumentParser
import ConfigurationFile
import WeirService

struct BaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Writes and reads what the rules for unexpected traffic have learned.",
        subcommands: [ExportCommand.self, ImportCommand.self])

    struct ExportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Prints the learned edges as YAML.",
            discussion: """
                Example: weir baseline export --config weir.yaml > baseline.yaml

                Reads `state.directory`, where a running Weir writes now and then. What it knows now: curl http://localhost:9478/api/v1/baseline
                """)

        @Option(name: .customLong("config"), help: ArgumentHelp("The configuration, which names the state directory.", valueName: "weir.yaml"))
        var config: String

        func run() throws {
            let configuration = try loadConfiguration(config)
            try failing { try BaselineRun.export(configuration) }
        }
    }

    struct ImportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Takes learned edges into the state directory, beside those that are there.",
            discussion: """
                Example: weir baseline import baseline.yaml --config weir.yaml

                For a Weir that does not run: one that does would write over it. To it: curl --data-binary @baseline.yaml http://localhost:9478/api/v1/baseline
                """)

        @Argument(help: ArgumentHelp("What `weir baseline export` printed, or was written like it; - is standard input.", valueName: "FILE"))
        var file: String

        @Option(name: .customLong("config"), help: ArgumentHelp("The configuration, which names the state directory.", valueName: "weir.yaml"))
        var config: String

        func run() throws {
            let configuration = try loadConfiguration(config)
            do {
                print("\(try BaselineRun.importing(file, configuration)) edges are known")
            } catch let error as ConfigurationError {
                throw CommandFailure.configuration("\(error)")
            } catch {
                throw CommandFailure.failed("\(error)")
            }
        }
    }
}
