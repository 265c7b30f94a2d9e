import Collector
import FlowModel
import Foundation
import Simulator

/// `weir demo`: the service, and a simulated cluster whose exporters send to it.
package enum DemoRun {
    /// Runs until Ctrl-C, or as long as was asked for.
    ///
    /// - Throws: what keeps it from starting.
    package static func run(_ options: DemoOptions) throws {
        try DemoPort.free(options.listen, option: "--listen")
        try DemoPort.free(options.flows, option: "--flows", isDatagrams: true)
        let folder = try makeFolder()
        defer { Self.remove(folder) }
        let beside = try options.beside.map { try DemoPrometheus($0, teller: options.teller, folder: folder) }
        say("Feeding the rules fourteen days of the simulated cluster's traffic …")
        let begun = WallClock.monotonic
        var simulation = Simulation(
            seed: options.seed, start: WallClock.now.advanced(by: -DemoPast.length), scenario: options.scenario)
        let configuration = DemoConfiguration.make(options, simulation, folder: folder, alertmanager: beside?.alertmanager)
        var past = DemoPast(simulation)
        // The tick before this one is the first that exporters tell of, at once.
        let learned = past.detection(configuration, &simulation) { WallClock.now.advanced(by: -15_000_000_000) }
        say("… done in \((WallClock.monotonic - begun) / 1_000_000_000) s.")
        let identityFile = folder + "/cluster.json"
        try Data(simulation.cluster.objects.utf8).write(to: URL(filePath: identityFile))
        try DetectionStore(path: folder + "/state").save(learned)

        var sender: DemoSender?
        defer {
            sender?.stop()
            beside?.stop()
        }
        let (prepared, recorded) = (simulation, options.teller == .prometheus ? past.recorded : "")
        try Service.run(configuration: configuration, path: nil) { ports in
            guard let flows = ports.flows.first, let web = ports.web.last else { return }
            try beside?.start(target: "127.0.0.1:\(web)", past: recorded)
            let new = try DemoSender(prepared, to: UDPDestination(address: IPAddress(v4: 0x7F00_0001), port: flows), identityFile: identityFile)
            let guide = DemoGuide(options, prepared, web: web, beside: beside.map { ($0.prometheus, $0.alertmanager) })
            guide.begin()
            new.start { second in guide.tell(at: second) }
            sender = new
        }
        say("The demo is over.")
    }

    /// A folder of its own, that nobody else has made or knew the name of.
    private static func makeFolder() throws -> String {
        var name = Array(FileManager.default.temporaryDirectory.appending(path: "weir-demo-XXXXXX").path.utf8CString)
        guard unsafe mkdtemp(&name) != nil else {
            throw DemoPort.Problem(
                description: "no folder can be made in \(FileManager.default.temporaryDirectory.path): \(unsafe String(cString: strerror(errno)))")
        }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Takes the folder away, again where something was still being written into it.
    private static func remove(_ folder: String) {
        for _ in 0..<40 {
            try? FileManager.default.removeItem(atPath: folder)
            guard FileManager.default.fileExists(atPath: folder) else { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    static func say(_ text: String) {
        StandardOutput.write(Array((text + "\n").utf8))
    }
}
