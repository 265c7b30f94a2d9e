import ArgumentParser
import ConfigurationFile
import Simulator
import WeirService

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

    private var seconds: Int64? {
        guard let duration, let unit = duration.last, let number = Int64(duration.dropLast()), number > 0, number < 1_000_000 else { return nil }
        return ["s": 1, "m": 60, "h": 3600][unit].map { $0 * number }
    }

    func validate() throws {
        if let scenario, Incident.named(scenario) == nil {
            throw ValidationError("There is no incident \"\(scenario)\"; there are \(Incident.script.map(\.name).joined(separator: ", ")).")
        }
        if duration != nil, seconds == nil { throw ValidationError("--for takes a time such as 60s, 5m or 1h.") }
    }

    func run() throws {
        if list {
            for incident in Incident.script { print("\(incident.name): \(incident.summary)") }
            return
        }
        var options = DemoOptions()
        options.listen = listen
        options.flows = flows
        options.seconds = seconds
        options.seed = seed
        if let incident = scenario.flatMap(Incident.named) { options.scenario = Scenario(only: incident) }
        do {
            try DemoRun.run(options)
        } catch let error as ConfigurationError {
            throw CommandFailure.configuration("\(error)")
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
