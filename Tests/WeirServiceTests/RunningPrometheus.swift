import Foundation
import Support

/// A Prometheus server of the test's own that scrapes one target.
final class RunningPrometheus: Sendable {
    private let process: ChildProcess
    private let folder = try? TemporaryFolder()
    let address: String

    /// Starts a server that scrapes `target` every `interval` seconds, and waits until it answers.
    ///
    /// - Parameter access: `scheme: …`, `tls_config: …`, `basic_auth: …`, each as a line of its own.
    init(target: String, interval: Double = 1, access: [String] = []) async throws {
        guard let folder else { throw DeadlinePassed(description: "no temporary folder") }
        let configuration = try folder.write(
            "prometheus.yml",
            """
            global: { scrape_interval: \(Int(interval * 1000))ms, scrape_timeout: \(Int(interval * 1000))ms }
            scrape_configs:
              - job_name: weir
            \(access.map { "    \($0)\n" }.joined())\
                static_configs: [{ targets: ["\(target)"] }]
            """)
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
    func query(_ expression: String, at time: Double? = nil) async throws -> [[String: String]: Double] {
        struct Answer: Decodable {
            struct Data: Decodable {
                var result: [Row]
            }
            struct Row: Decodable {
                var metric: [String: String]
                var value: Value
            }
            struct Value: Decodable {
                var number: Double
                init(from decoder: any Decoder) throws {
                    var container = try decoder.unkeyedContainer()
                    _ = try container.decode(Double.self)
                    number = Double(try container.decode(String.self)) ?? .nan
                }
            }
            var data: Data
        }
        let text = try await ChildProcess.run(
            "curl",
            ["-sS", "--max-time", "10", "-G", "http://\(address)/api/v1/query", "--data-urlencode", "query=\(expression)"]
                + (time.map { ["--data-urlencode", "time=\($0)"] } ?? [])
        ).output
        let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        return Dictionary(answer.data.result.map { ($0.metric, $0.value.number) }) { $1 }
    }
}
