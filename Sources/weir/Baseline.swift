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
                Examples:
                  weir baseline export --config weir.yaml > baseline.yaml
                  weir baseline export capture.pcap --identity pods.yaml > baseline.yaml

                Without captures it reads `state.directory`, where a running Weir writes every few minutes. What it knows now: curl http://localhost:9478/api/v1/baseline
                """)

        @Argument(help: ArgumentHelp("Captures of export traffic: what is seen in them is the baseline.", valueName: "CAPTURE"))
        var captures: [String] = []

        @Option(name: .customLong("config"), help: ArgumentHelp("The configuration, which names the state directory.", valueName: "weir.yaml"))
        var config: String?

        @Option(
            help: ArgumentHelp("A list of pods, services and nodes (kubectl get … -o yaml) that names the ends in captures.", valueName: "pods.yaml"))
        var identity: String?

        func validate() throws {
            if captures.isEmpty, config == nil { throw ValidationError("Give --config, whose state directory is read, or captures.") }
            if captures.isEmpty, identity != nil { throw ValidationError("--identity names the ends in captures: give some.") }
        }

        func run() throws {
            var configuration = try loadConfiguration(config)
            if let identity { configuration.identity.file = identity }
            try failing { try captures.isEmpty ? BaselineRun.export(configuration) : BaselineRun.export(captures, configuration) }
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
