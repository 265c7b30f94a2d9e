import Foundation
import Support

/// `weir serve`, with the load's pods as its identity.
struct WeirCollector: CollectorUnderTest {
    let process: ChildProcess
    let port: Int
    /// Where it serves HTTP: `127.0.0.1:PORT`.
    let web: String

    /// Starts it.
    ///
    /// - Parameters:
    ///   - addresses: pods that are named.
    ///   - more: further keys of the configuration.
    init(_ bench: Bench, threads: Int = 1, maximumPairs: Int = 50_000, addresses: Int = 1000, _ more: String = "") async throws {
        let pods = bench.path("pods-\(addresses).json")
        if !FileManager.default.fileExists(atPath: pods) {
            let identity = try await Children.run(bench.weir, ["bench", "identity", "--addresses", "\(addresses)"], within: 20)
            guard identity.status == 0 else { throw BenchFailure("weir bench identity: \(identity.errors.suffix(300))") }
            try Data(identity.output.utf8).write(to: URL(filePath: pods))
        }
        let configuration = """
            listen: ["127.0.0.1:0"]
            listen_tcp: []
            collector: { threads: \(threads) }
            identity: { file: pods-\(addresses).json }
            metrics: { max_pairs: \(maximumPairs) }
            web: { listen: "127.0.0.1:0" }
            log: { format: json }
            \(more)
            """
        let file = bench.path("weir-\(threads)-\(maximumPairs)-\(addresses).yaml")
        try Data(configuration.utf8).write(to: URL(filePath: file))
        let process = try Children.start(bench.weir, ["serve", "--config", file])
        self.process = process
        port = try await waitUntil("weir says its flow port") { try Self.port(in: process, message: "listening for flow records") }
        web = "127.0.0.1:\(try await waitUntil("weir says its HTTP port") { try Self.port(in: process, message: "serving HTTP") })"
        let ready = "http://\(web)/-/ready"
        try await waitUntil("weir is ready") {
            try await Children.run("curl", ["-sSf", "--max-time", "5", ready], within: 10).status == 0
        }
    }

    func received(of load: Load) async throws -> Double { try await sum("weir_exporter_records_total") }

    /// The sum of a family of Weir's own metrics.
    func sum(_ family: String) async throws -> Double {
        let metrics = try await Children.run("curl", ["-sSfg", "--max-time", "20", "http://\(web)/metrics?collect[]=self"], within: 30)
        guard metrics.status == 0 else { throw BenchFailure("/metrics: \(metrics.errors.suffix(300))") }
        return metrics.output.split(separator: "\n").reduce(0.0) { sum, line in
            guard line.hasPrefix(family), let next = line.dropFirst(family.count).first, next == "{" || next == " " else { return sum }
            return sum + (line.split(separator: " ").last.flatMap { Double($0) } ?? 0)
        }
    }

    /// Waits until `records` have been counted; how many have, after a second in which no more came.
    func counted(upTo records: Double) async throws -> Double {
        var before = -1.0
        for _ in 0..<20 {
            let now = try await sum("weir_exporter_records_total")
            if now >= records || now == before { return now }
            before = now
            try await ContinuousClock().sleep(for: .seconds(1))
        }
        return before
    }

    /// Scrapes everything, as Prometheus does; seconds and bytes of the answer.
    func scrape(gzip: Bool) async throws -> (seconds: Double, octets: Double) {
        let ended = try await Children.run(
            "curl",
            ["-sSf", "--max-time", "20", "-o", "/dev/null", "-w", "%{time_total} %{size_download}"] + (gzip ? ["-H", "Accept-Encoding: gzip"] : [])
                + ["http://\(web)/metrics"],
            within: 30)
        let words = ended.output.split(separator: " ").compactMap { Double($0) }
        guard ended.status == 0, words.count == 2 else { throw BenchFailure("/metrics: \(ended.errors.suffix(300))") }
        return (words[0], words[1])
    }

    private static func port(in process: ChildProcess, message: String) throws -> Int? {
        struct Line: Decodable {
            var message: String
            var address: String?
        }
        guard process.isRunning else { throw BenchFailure("weir ended: \(process.standardError.suffix(300))") }
        for line in process.standardError.split(separator: "\n") {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), line.message == message, let address = line.address else {
                continue
            }
            return address.split(separator: ":").last.flatMap { Int($0) }
        }
        return nil
    }
}

extension WeirCollector {
    private static let loadSeconds = 2.5

    /// CPU seconds for a million records, over some seconds of load at the protocol's rate.
    func cost(_ bench: Bench, _ exportProtocol: BenchedProtocol, addresses: Int) async throws -> Double {
        try await settle(within: 3)
        let receivedBefore = try await sum("weir_exporter_records_total")
        let before = ProcessTree.cost(of: process.id)
        _ = try await Load.send(
            bench, to: port, exportProtocol, records: Int(exportProtocol.rate * Self.loadSeconds), rate: exportProtocol.rate,
            addresses: addresses)
        try await ContinuousClock().sleep(for: .milliseconds(1200))
        try await settle()
        let cost = ProcessTree.cost(of: process.id) - before
        let received = try await sum("weir_exporter_records_total") - receivedBefore
        guard received > 0 else { throw BenchFailure("Weir has received nothing") }
        return cost.total / (received / 1e6)
    }
}
