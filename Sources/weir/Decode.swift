import ArgumentParser
import ConfigurationFile
import WeirService

struct Decode: ParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case json
        case text
        case metrics
    }

    static let configuration = CommandConfiguration(
        abstract: "Prints the flows in captures, or live, one a line.",
        discussion: """
            Examples:
              weir decode --listen :2055
              weir decode capture.pcap --output json | jq .src_addr
              tcpdump -w - udp port 4739 | weir decode -
              weir decode capture.pcap --output metrics --config weir.yaml
              weir decode --listen :2055 --kubeconfig ~/.kube/config

            FILE is a pcap or pcapng capture of export traffic over UDP, or IPFIX over TCP; - is standard input. Counts are printed as sent: unscaled, in the exporter's own unit.
            With --kubeconfig, or a configuration whose `kubernetes` says so, the cluster is listed first, for `kubernetes.sync_timeout` at most; the ends are those of the
            flow's own time, as far as the cluster still knows.
            `--output metrics` prints what /metrics would say of the capture. A summary goes to standard error. Exit status 1 where nothing could be decoded.
            """)

    @Argument(help: ArgumentHelp("Captures to read.", valueName: "FILE"))
    var files: [String] = []

    @Option(
        help: ArgumentHelp("Listen here for UDP datagrams and print their flows as they arrive. May be given several times.", valueName: "ADDRESS"))
    var listen: [String] = []

    @Option(help: "What to print.")
    var output = Output.text

    @Option(help: ArgumentHelp("Read only what was sent to this port in a capture. May be given several times.", valueName: "PORT"))
    var port: [UInt16] = []

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("A configuration: its identity file names the ends, its exporters are known.", valueName: "weir.yaml"))
    var config: String?

    @Option(help: ArgumentHelp("A list of pods, services and nodes (kubectl get … -o yaml) that names the ends.", valueName: "pods.yaml"))
    var identity: String?

    @Option(
        help: ArgumentHelp("Credentials, as kubectl's, for the cluster whose pods, services and nodes name the ends.", valueName: "kubeconfig"))
    var kubeconfig: String?

    @Option(help: ArgumentHelp("Stop after so many flows.", valueName: "N"))
    var count: Int?

    func validate() throws {
        guard files.isEmpty != listen.isEmpty else { throw ValidationError("Give captures to read, or --listen.") }
        if identity != nil, kubeconfig != nil { throw ValidationError("The ends are named by --identity or by --kubeconfig, not by both.") }
        if let count, count < 1 { throw ValidationError("--count takes a number from 1 up.") }
        if output == .metrics, !listen.isEmpty { throw ValidationError("--output metrics reads captures; for live traffic use `weir serve`.") }
    }

    func run() throws {
        var configuration = try loadConfiguration(config)
        if let identity { configuration.identity.file = identity }
        if let kubeconfig {
            configuration.identity.file = nil
            configuration.kubernetes.mode = .kubeconfig
            configuration.kubernetes.kubeconfig = kubeconfig
        }
        var options = DecodeOptions(configuration: configuration)
        options.files = files
        options.listen = listen
        options.ports = Set(port)
        options.maximumFlows = count
        options.output =
            switch output {
            case .json: .flows(.json)
            case .text: .flows(.text)
            case .metrics: .metrics
            }
        let decodedAnything: Bool
        do {
            decodedAnything = try DecodeRun.run(options)
        } catch let error as ConfigurationError {
            throw CommandFailure.configuration("\(error)")
        } catch {
            throw CommandFailure.failed("\(error)")
        }
        if !decodedAnything { throw ExitCode(1) }
    }
}
