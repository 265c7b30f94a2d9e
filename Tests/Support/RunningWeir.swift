import Foundation

/// The program under test, as a process of its own, with all ports chosen by the kernel.
package final class RunningWeir: Sendable {
    /// The built program, beside the tests.
    package static let program = built("weir")

    /// A program of this package, as it was built with the tests.
    package static func built(_ name: String) -> String {
        var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appending(path: name)
            if FileManager.default.isExecutableFile(atPath: candidate.path), candidate.pathExtension.isEmpty,
                (try? candidate.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) != true
            {
                return candidate.path
            }
            folder.deleteLastPathComponent()
        }
        fatalError("the tests need the program \(name) beside them: swift build -c release --build-tests")
    }

    /// Its process.
    package let process: ChildProcess
    /// Where its configuration stands.
    package let folder: TemporaryFolder
    private let start: String
    /// UDP port it listens on.
    package let flowPort: Int
    /// TCP port it takes IPFIX on.
    package let streamPort: Int
    /// Where it serves HTTP: `127.0.0.1:PORT`.
    package let web: String

    /// Starts `weir serve` with one listener and `configuration` behind it, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - port: UDP port to listen on; 0: the kernel chooses.
    ///   - lifecycle: whether reloading over HTTP is enabled.
    package init(configuration: String = "", folder: TemporaryFolder? = nil, port: Int = 0, lifecycle: Bool = true) async throws {
        self.folder = try folder ?? TemporaryFolder()
        start = """
            listen: ["127.0.0.1:\(port)"]
            listen_tcp: ["127.0.0.1:0"]
            web: { listen: "127.0.0.1:0", enable_lifecycle: \(lifecycle) }
            log: { format: json }

            """
        let file = try self.folder.write("weir.yaml", start + configuration)
        let process = try ChildProcess(Self.program, ["serve", "--config", file])
        self.process = process
        flowPort = try await waitUntil("weir says its flow port") { try Self.port(in: process, message: "listening for flow records") }
        streamPort = try await waitUntil("weir says its TCP port") { try Self.port(in: process, message: "listening for IPFIX over TCP") }
        web = "127.0.0.1:\(try await waitUntil("weir says its HTTP port") { try Self.port(in: process, message: "serving HTTP") })"
        try await waitUntil("weir is ready") { [web] in try await Self.status(of: "http://\(web)/-/ready") == 200 }
    }

    /// The port in the first line of the log with this message; nil before there is one.
    package static func port(in process: ChildProcess, message: String) throws -> Int? {
        struct Line: Decodable {
            var message: String
            var address: String?
        }
        guard process.isRunning else { throw DeadlinePassed(description: "weir ended: \(process.standardError)") }
        for line in process.standardError.split(separator: "\n") {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), line.message == message, let address = line.address else {
                continue
            }
            return address.split(separator: ":").last.flatMap { Int($0) }
        }
        return nil
    }

    /// Replaces what stands behind its own lines in the configuration file.
    package func reconfigure(_ configuration: String) throws {
        try folder.write("weir.yaml", start + configuration)
    }

    /// Sends a request and gives the status and the body of the answer.
    package func request(_ path: String, _ arguments: [String] = []) async throws -> (status: Int, body: String) {
        let output = try await ChildProcess.run(
            "curl", ["-sSg", "--max-time", "30", "-w", "\n%{http_code}"] + arguments + ["http://\(web)\(path)"]
        ).output
        let end = output.lastIndex(of: "\n") ?? output.startIndex
        return (Int(output[end...].dropFirst()) ?? 0, String(output[..<end]))
    }

    /// What a path answers.
    package func get(_ path: String, headers: [String] = []) async throws -> String {
        try await ChildProcess.run(
            "curl", ["-sSg", "--fail-with-body", "--max-time", "30"] + headers.flatMap { ["-H", $0] } + ["http://\(web)\(path)"]
        ).output
    }

    /// Sends a capture's datagrams at once and waits until `datagrams` of them have been taken in.
    package func replay(_ capture: String, datagrams: Int, arguments: [String] = []) async throws {
        let sent = try await ChildProcess.run(
            Self.program,
            ["replay", SharedFiles.captures.appending(path: capture).path, "--to", "127.0.0.1:\(flowPort)", "--rate", "20000"] + arguments)
        guard sent.status == 0 else { throw DeadlinePassed(description: "weir replay: \(sent.errors)") }
        try await waitUntil("\(datagrams) datagrams of \(capture)") {
            try await Exposition(self.get("/metrics?collect[]=self")).sum("weir_exporter_datagrams_total") == Double(datagrams)
        }
    }

    /// The status that a URL answers with.
    package static func status(of url: String, _ arguments: [String] = []) async throws -> Int {
        Int(try await ChildProcess.run("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10"] + arguments + [url]).output) ?? 0
    }
}

/// A scrape, read back.
package struct Exposition {
    /// One line of it.
    package struct Sample {
        package var name: String
        package var labels: [String: String]
        package var value: Double
    }

    package var samples: [Sample] = []

    /// Reads a scrape. Throws where a line is no sample.
    package init(_ text: String) throws {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
        let label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else {
                throw DeadlinePassed(description: "not a sample: \(line)")
            }
            let labels = (match.2 ?? "").matches(of: label).map { (String($0.1), String($0.2)) }
            samples.append(Sample(name: String(match.1), labels: Dictionary(labels) { $1 }, value: value))
        }
    }

    /// The sum of a family's samples that have these labels.
    package func sum(_ name: String, where labels: [String: String] = [:]) -> Double {
        samples.filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }.reduce(0) { $0 + $1.value }
    }

    /// Values of a flow family by "namespace/pod > namespace/pod".
    package func pairs(_ name: String) -> [String: UInt64] {
        samples.filter { $0.name == name }.reduce(into: [:]) { pairs, sample in
            let label = { sample.labels[$0] ?? "" }
            pairs[
                "\(label("source_namespace"))/\(label("source_pod")) > \(label("destination_namespace"))/\(label("destination_pod"))", default: 0] &+=
                UInt64(exactly: sample.value) ?? .max
        }
    }
}
