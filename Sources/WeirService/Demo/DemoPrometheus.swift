import ChildProcesses
import Foundation
import Simulator

/// Debian's Prometheus and Alertmanager beside a demo, with a configuration made for it.
final class DemoPrometheus {
    private static let programs = ["prometheus", "promtool", "prometheus-alertmanager"]

    let prometheus: String
    let alertmanager: String
    private let folder: String
    private var children: [SpawnedProcess] = []

    /// Looks whether they can be started. Throws what is missing, and what to do about it.
    init(_ beside: DemoOptions.Beside, teller: Incident.Teller, folder: String) throws {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        for program in Self.programs where !path.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }) {
            throw DemoPort.Problem(
                description:
                    """
                    \(program) is not installed: sudo apt-get install --no-install-recommends prometheus prometheus-alertmanager && \
                    sudo systemctl disable --now prometheus prometheus-alertmanager
                    """)
        }
        prometheus = try DemoPort.free(beside.prometheus, option: "--prometheus")
        alertmanager = try DemoPort.free(beside.alertmanager, option: "--alertmanager")
        self.folder = folder
        self.rules = try teller == .prometheus ? Self.rules(in: beside.rules) : []
    }

    private let rules: [String]

    private static func rules(in folder: String) throws -> [String] {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".rules.yaml") }.sorted()
        guard !files.isEmpty else { throw DemoPort.Problem(description: "there are no *.rules.yaml in \(folder): name their folder with --rules") }
        return files.map { URL(filePath: folder).appending(path: $0).standardizedFileURL.path }
    }

    /// Starts both.
    ///
    /// - Parameters:
    ///   - target: where Weir serves.
    ///   - past: what Prometheus would have recorded in the days before, in OpenMetrics.
    func start(target: String, past: String) throws {
        let data = folder + "/prometheus"
        if !rules.isEmpty {
            try Data(past.utf8).write(to: URL(filePath: folder + "/past.txt"))
            let filling = try run("promtool", ["tsdb", "create-blocks-from", "openmetrics", folder + "/past.txt", data])
            while filling.isRunning { Thread.sleep(forTimeInterval: 0.02) }
            guard filling.endStatus == 0 else { throw problem("promtool", "could not write the past") }
        }
        let quoted = rules.map { "\"\($0)\"" }.joined(separator: ", ")
        try write(
            "prometheus.yml",
            """
            global: { scrape_interval: 15s, evaluation_interval: 15s }
            rule_files: [\(quoted)]
            alerting: { alertmanagers: [{ static_configs: [{ targets: ["\(alertmanager)"] }] }] }
            scrape_configs:
              - job_name: weir
                static_configs: [{ targets: ["\(target)"] }]

            """)
        try write(
            "alertmanager.yml",
            """
            route: { receiver: nobody, group_wait: 5s }
            receivers: [{ name: nobody }]

            """)
        children = [
            try run(
                "prometheus-alertmanager",
                [
                    "--config.file=\(folder)/alertmanager.yml", "--storage.path=\(folder)/alertmanager", "--web.listen-address=\(alertmanager)",
                    "--cluster.listen-address=", "--log.level=warn",
                ]),
            try run(
                "prometheus",
                [
                    "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(data)", "--web.listen-address=\(prometheus)", "--log.level=warn",
                ]),
        ]
        try wait(for: children[0], "prometheus-alertmanager", at: alertmanager)
        try wait(for: children[1], "prometheus", at: prometheus)
    }

    /// Waits until a program serves. Throws the end of its log where it does not.
    private func wait(for child: SpawnedProcess, _ program: String, at address: String) throws {
        for _ in 0..<1200 {
            guard child.isRunning else { throw problem(program, "has ended") }
            // Whoever holds the port, the program has it or ends.
            if (try? DemoPort.free(address, option: "")) == nil { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw problem(program, "does not serve after a minute")
    }

    private func problem(_ program: String, _ what: String) -> DemoPort.Problem {
        let log = (try? String(contentsOf: URL(filePath: "\(folder)/\(program).log"), encoding: .utf8)) ?? ""
        return DemoPort.Problem(description: "\(program) \(what): \(log.split(separator: "\n").suffix(3).joined(separator: "; "))")
    }

    /// Ends both: those that do not within ten seconds are killed when they are let go of.
    func stop() {
        for child in children { child.send(SIGTERM) }
        let deadline = Date().addingTimeInterval(10)
        for child in children {
            while child.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        }
        children = []
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    private func run(_ program: String, _ arguments: [String]) throws -> SpawnedProcess {
        let log = "\(folder)/\(program).log"
        return try SpawnedProcess(program, arguments, output: log, errors: log)
    }
}
