import ArgumentParser
import WeirService

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a capture's export datagrams again.",
        discussion: """
            Example: weir replay capture.pcap --to 127.0.0.1:2055 --rate 1000

            Each exporter of the capture is sent from a loopback address of its own, which is printed; --source chooses it. Without --rate the
            capture's own times are kept.
            """)

    @Argument(help: ArgumentHelp("A pcap or pcapng capture of export traffic.", valueName: "FILE"))
    var file: String

    @Option(help: ArgumentHelp("Where to send to.", valueName: "HOST:PORT"))
    var to: String

    @Option(help: ArgumentHelp("Datagrams a second.", valueName: "N"))
    var rate: Double?

    @Option(help: ArgumentHelp("How often to send the capture.", valueName: "N"))
    var loop = 1

    @Option(help: ArgumentHelp("Send what came from address A from the local address B. May be given several times.", valueName: "A=B"))
    var source: [String] = []

    func validate() throws {
        if loop < 1 { throw ValidationError("--loop takes a number from 1 up.") }
        if let rate, !(rate > 0) { throw ValidationError("--rate takes a number above 0.") }
    }

    func run() throws {
        do {
            try ReplayRun.run(file: file, to: to, rate: rate, loops: loop, sources: source)
        } catch {
            throw CommandFailure.failed("\(error)")
        }
    }
}
