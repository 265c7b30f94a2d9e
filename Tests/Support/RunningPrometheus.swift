import Foundation

/// A Prometheus server of the test's own that scrapes what it is told to.
package final class RunningPrometheus: Sendable {
    /// An answer to a query of one moment or of many.
    package struct Answer: Decodable, Sendable {
        package struct Row: Decodable, Sendable {
            package var metric: [String: String]
            /// The last value.
            package var value: Double

            private enum CodingKeys: CodingKey { case metric, value, values }

            private struct Sample: Decodable {
                var number: Double
                init(from decoder: any Decoder) throws {
                    var container = try decoder.unkeyedContainer()
                    _ = try container.decode(Double.self)
                    number = Double(try container.decode(String.self)) ?? .nan
                }
            }

            package init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                metric = try container.decode([String: String].self, forKey: .metric)
                let sample = try container.decodeIfPresent(Sample.self, forKey: .value)
                value = try sample?.number ?? container.decode([Sample].self, forKey: .values).last?.number ?? .nan
            }
        }
        private struct Content: Decodable { var result: [Row] }
        private enum CodingKeys: CodingKey { case data, error }

        package var rows: [Row]
        /// What Prometheus found wrong with the query.
        package var error: String?

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            rows = try container.decodeIfPresent(Content.self, forKey: .data)?.result ?? []
            error = try container.decodeIfPresent(String.self, forKey: .error)
        }
    }

    private let process: ChildProcess
    private let folder: TemporaryFolder
    /// `127.0.0.1:PORT`.
    package let address: String

    /// Starts a server that scrapes `target` every `interval` seconds, and waits until it answers.
    ///
    /// - Parameter access: `scheme: …`, `tls_config: …`, `basic_auth: …`, each as a line of its own.
    package convenience init(target: String, interval: Double = 1, access: [String] = []) async throws {
        try await self.init(targets: ["weir": [target]], interval: interval, access: access)
    }

    /// - Parameters:
    ///   - targets: by the name of their job.
    ///   - rules: paths of files with rules, evaluated as often as is scraped.
    package init(targets: [String: [String]], interval: Double = 1, access: [String] = [], rules: [String] = []) async throws {
        folder = try TemporaryFolder()
        let milliseconds = Int(interval * 1000)
        let configuration = try folder.write(
            "prometheus.yml",
            """
            global: { scrape_interval: \(milliseconds)ms, scrape_timeout: \(milliseconds)ms, evaluation_interval: \(milliseconds)ms }
            rule_files: [\(rules.map { "\"\($0)\"" }.joined(separator: ", "))]
            scrape_configs:

            """
                + targets.sorted { $0.key < $1.key }.map { job, targets in
                    "  - job_name: \(job)\n" + access.map { "    \($0)\n" }.joined()
                        + "    static_configs: [{ targets: [\(targets.map { "\"\($0)\"" }.joined(separator: ", "))] }]\n"
                }.joined())
        // Prometheus does not say which port the kernel gave it, so one is asked for and let go again.
        let port = try FreePort.next()
        address = "127.0.0.1:\(port)"
        process = try ChildProcess(
            "prometheus",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path("data"))", "--web.listen-address=\(address)",
                "--log.level=warn",
            ])
        try await waitUntil("Prometheus answers", within: 30) { [process, address] in
            guard process.isRunning else { throw DeadlinePassed(description: "prometheus ended: \(process.standardError)") }
            return try await RunningWeir.status(of: "http://\(address)/-/ready") == 200
        }
    }

    /// An instant query's result, now or at a time in seconds since 1970: values by label set.
    package func query(_ expression: String, at time: Double? = nil) async throws -> [[String: String]: Double] {
        let answer = try await ask("query", [("query", expression)] + (time.map { [("time", "\($0)")] } ?? []))
        return Dictionary(answer.rows.map { ($0.metric, $0.value) }) { $1 }
    }

    /// What `/api/v1/PATH` answers to these parameters.
    package func ask(_ path: String, _ parameters: [(String, String)]) async throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(await get(path, parameters).utf8))
    }

    /// The same, as text.
    package func get(_ path: String, _ parameters: [(String, String)]) async throws -> String {
        try await ChildProcess.run(
            "curl",
            ["-sS", "--max-time", "10", "-G", "http://\(address)/api/v1/\(path)"]
                + parameters.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] }
        ).output
    }
}
