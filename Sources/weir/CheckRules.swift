import ArgumentParser
import ConfigurationFile
import WeirService

struct CheckRules: ParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Checks files of rules, and tries rules out on captures.",
        discussion: """
            Examples:
              weir check rules rules/*.yaml
              weir check rules rules.yaml --against monday.pcap --identity pods.yaml --baseline baseline.yaml
              weir check rules --against capture.pcap --output json

            Prints every mistake with file, line and key, or which rules hold: the built-in ones, and those of the files beside them or in their place.
            With --against the rules are run over recorded export traffic in its own time, and what would have fired is printed with its evidence.
            Exit status 0 where nothing is wrong and nothing fires, 2 where something fired, 78 where a file has a mistake.
            """)

    @Argument(help: ArgumentHelp("Files of rules, as `rules_files` names them.", valueName: "FILE"))
    var files: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Captures of export traffic to run the rules over, in the order of their time.", valueName: "CAPTURE"))
    var against: [String] = []

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("A configuration: its rules, its exporters, its names for the ends of flows.", valueName: "weir.yaml"))
    var config: String?

    @Option(help: ArgumentHelp("A list of pods, services and nodes (kubectl get … -o yaml) that names the ends.", valueName: "pods.yaml"))
    var identity: String?

    @Option(
        help: ArgumentHelp(
            "What rules that learn know from the start (weir baseline export); what is not in it is unexpected at once.", valueName: "baseline.yaml"))
    var baseline: String?

    @Option(help: ArgumentHelp("Read only what was sent to this port in a capture. May be given several times.", valueName: "PORT"))
    var port: [UInt16] = []

    @Option(help: ArgumentHelp("Seconds of a capture that go by in a second, or max: as fast as it goes.", valueName: "N|max"))
    var speed = "max"

    @Option(help: "What to print of what fired.")
    var output = Output.text

    private var pace: Double? { speed == "max" ? nil : Double(speed) }

    func validate() throws {
        if files.isEmpty, against.isEmpty, config == nil { throw ValidationError("Give files of rules, or captures to run the built-in ones over.") }
        if speed != "max", !(pace ?? 0 > 0) { throw ValidationError("--speed takes max, or a number above 0.") }
        if against.isEmpty, identity != nil || baseline != nil || !port.isEmpty {
            throw ValidationError("--identity, --baseline and --port are for captures: give some with --against.")
        }
    }

    func run() throws {
        var configuration = try loadConfiguration(config)
        if let identity { configuration.identity.file = identity }
        do {
            try RulesCheck.add(files, to: &configuration)
            guard !against.isEmpty else {
                for file in files { print("\(file): valid") }
                for line in RulesCheck.summary(configuration.detection) { print(line) }
                return
            }
            var rules = CaptureRules(captures: against, configuration: configuration)
            rules.ports = Set(port)
            rules.speed = pace
            rules.baseline = try baseline.map(BaselineRun.read)
            let findings = try RulesOverCaptures.run(rules)
            print(output == .json ? findings.json : findings.text, terminator: "")
            if !findings.fired.isEmpty { throw ExitCode(2) }
            if !findings.isWhole || findings.datagrams == 0 { throw CommandFailure.failed("the captures could not be read whole, or held nothing") }
        } catch let error as ConfigurationError {
            throw CommandFailure.configuration("\(error)")
        } catch let error as ExitCode {
            throw error
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
