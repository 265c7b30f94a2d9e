import ArgumentParser
import WeirService

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the service: collects flow records and serves the counters on /metrics.",
        discussion: """
            Example: weir serve --config weir.yaml

            Without a configuration it listens on UDP 2055, 2056, 4739 and 6343, and serves http://localhost:9478/.
            SIGHUP re-reads the configuration; SIGTERM and SIGINT stop it.
            """)

    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file (docs/configuration.md).", valueName: "weir.yaml"))
    var config: String?

    func run() throws {
        let configuration = try loadConfiguration(config)
        do {
            try Service.run(configuration: configuration, path: config)
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
