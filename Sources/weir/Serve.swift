import ArgumentParser
import ConfigurationFile
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

    @Option(
        help: ArgumentHelp("TLS, users and headers of the web server (docs/securing.md); goes before web.config_file.", valueName: "web.yaml"))
    var webConfigFile: String?

    func run() throws {
        let configuration = try loadConfiguration(config)
        do {
            try Service.run(configuration: configuration, path: config, webConfigFile: webConfigFile)
        } catch let error as ConfigurationError {
            throw CommandFailure.configuration("\(error)")
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
