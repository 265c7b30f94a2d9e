import ArgumentParser
import WeirService

/// The command line. Each verb is a thin shell around `WeirService`.
@main
struct Weir: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weir",
        abstract: "Collects NetFlow, IPFIX and sFlow from a cluster, and counts who talked to whom for Prometheus.",
        version: BuildInfo.current.version,
        subcommands: [Serve.self, Demo.self, Decode.self, Replay.self, Check.self, BaselineCommand.self, Bench.self])
}
