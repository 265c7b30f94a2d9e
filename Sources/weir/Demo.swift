import ArgumentParser
import ConfigurationFile
import Simulator
import WeirService

extension Incident.Teller: ExpressibleByArgument {}

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the service with a simulated cluster that exports to it: nothing to configure.",
        discussion: """
            Example: weir demo

            150 pods on eight nodes, NetFlow v5, v9, IPFIX and sFlow over loopback, and a script of incidents, each with the alert that it raises (docs/demo.md).
            """)

    @Option(help: ArgumentHelp("Where to serve HTTP; port 0 lets the kernel choose.", valueName: "ADDRESS"))
    var listen = "127.0.0.1:9478"

    @Option(help: ArgumentHelp("UDP address that the simulated exporters send to; port 0 lets the kernel choose.", valueName: "ADDRESS"))
    var flows = "127.0.0.1:2055"

    @Option(help: ArgumentHelp("Only this incident, again and again; see --list.", valueName: "NAME"))
    var scenario: String?

    @Flag(help: "Lists the incidents, and ends.")
    var list = false

    @Option(name: .customLong("for"), help: ArgumentHelp("Ends after this time (60s, 5m, 1h).", valueName: "TIME"))
    var duration: String?

    @Option(help: ArgumentHelp("Another seed is another cluster.", valueName: "N"))
    var seed: UInt64 = 1

    @Flag(help: "Starts Prometheus and Alertmanager beside it, as Debian has them, with a configuration made for it.")
    var withPrometheus = false

    @Option(help: ArgumentHelp("Where that Prometheus serves; port 0: any.", valueName: "ADDRESS"))
    var prometheus = "127.0.0.1:9090"

    @Option(help: ArgumentHelp("Where that Alertmanager serves; port 0: any.", valueName: "ADDRESS"))
    var alertmanager = "127.0.0.1:9093"

    @Option(help: "Who tells Alertmanager: weir itself, or prometheus by the rules in --rules; the script then is another one.")
    var alerts = Incident.Teller.weir

    @Option(help: ArgumentHelp("The folder of the rules for --alerts prometheus.", valueName: "FOLDER"))
    var rules = "alerts"

    private var seconds: Int64? {
        guard let duration, let unit = duration.last, let number = Int64(duration.dropLast()), number > 0, number < 1_000_000 else { return nil }
        return ["s": 1, "m": 60, "h": 3600][unit].map { $0 * number }
    }

    private var script: [Incident] { Incident.script(alerts).incidents }

    func validate() throws {
        if let scenario, Scenario(only: scenario, alerts) == nil {
            throw ValidationError("There is no incident \"\(scenario)\"; there are \(script.map(\.name).joined(separator: ", ")).")
        }
        if alerts == .prometheus, !withPrometheus { throw ValidationError("--alerts prometheus needs --with-prometheus.") }
        if duration != nil, seconds == nil { throw ValidationError("--for takes a time such as 60s, 5m or 1h.") }
    }

    func run() throws {
        if list {
            for incident in script {
                let alerts = Set(incident.alerts.map(\.name)).sorted().joined(separator: ", ")
                print(
                    "\(incident.name): \(incident.summary); after \(incident.start) s, for \(incident.duration) s; \(alerts) within \(incident.told) s"
                )
            }
            return
        }
        var options = DemoOptions()
        options.listen = listen
        options.flows = flows
        options.seconds = seconds
        options.seed = seed
        options.teller = alerts
        options.scenario = scenario.flatMap { Scenario(only: $0, alerts) } ?? Scenario(alerts)
        if withPrometheus {
            var beside = DemoOptions.Beside()
            (beside.prometheus, beside.alertmanager, beside.rules) = (prometheus, alertmanager, rules)
            options.beside = beside
        }
        do {
            try DemoRun.run(options)
        } catch let error as ConfigurationError {
            throw CommandFailure.configuration("\(error)")
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
