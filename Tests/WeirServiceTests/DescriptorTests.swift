import Foundation
import Support
import Testing

/// The limit of open files, before all that may come.
@Suite(.serialized) struct DescriptorTests {
    /// `weir serve` with both web servers, under a limit of open files.
    private struct LimitedWeir {
        let process: ChildProcess
        private let folder: TemporaryFolder
        let streams: Int
        let web: Int
        let probes: Int

        init(soft: Int, hard: Int, streams listenTCP: String = #"["127.0.0.1:0"]"#) async throws {
            folder = try TemporaryFolder()
            let configuration = try folder.write(
                "weir.yaml",
                """
                listen: ["127.0.0.1:0"]
                listen_tcp: \(listenTCP)
                web: { listen: "127.0.0.1:0", probe_listen: "127.0.0.1:0" }
                log: { format: json }

                """)
            let process = try ChildProcess(
                "sh",
                ["-c", #"ulimit -Sn "$1"; ulimit -Hn "$2"; shift 2; exec "$@""#, "sh", "\(soft)", "\(hard)"]
                    + [RunningWeir.program, "serve", "--config", configuration])
            self.process = process
            probes = try await waitUntil("weir says its probe port") { try RunningWeir.port(in: process, message: "serving probes") }
            web = try await waitUntil("weir says its HTTP port") { try RunningWeir.port(in: process, message: "serving HTTP") }
            streams = try RunningWeir.port(in: process, message: "listening for IPFIX over TCP") ?? 0
        }

        func metrics() async throws -> Exposition {
            try Exposition(
                await ChildProcess.run("curl", ["-sS", "--fail", "--max-time", "10", "http://127.0.0.1:\(web)/metrics?collect[]=self", "-g"]).output)
        }
    }

    private static let warning = "the process may not open as many files as its connections may need"

    @Test("All that connections may need is asked for at the start, without TCP as well")
    func raised() async throws {
        for (streams, wanted) in [("[]", 832.0), (#"["127.0.0.1:0"]"#, 1856)] {
            let weir = try await LimitedWeir(soft: 300, hard: 4096, streams: streams)
            #expect(try await weir.metrics().sum("process_max_fds") == wanted)
            #expect(!weir.process.standardError.contains(Self.warning))
        }
    }

    @Test("Under a hard limit that is too low, the log says so, and TCP connections leave descriptors for the web servers")
    func tooLow() async throws {
        let weir = try await LimitedWeir(soft: 300, hard: 1024)
        let line = weir.process.standardError.split(separator: "\n").first { $0.contains(Self.warning) } ?? ""
        for field in [#""level":"warning""#, #""granted":"1024""#, #""wanted":"1856""#, #""tcp_connections":"192""#] {
            #expect(line.contains(field), "\(line)")
        }
        // Who is refused may be so before it knows that it was connected.
        let exporters = (0..<300).map { try? TCPClient(port: weir.streams, from: "127.0.0.\(2 + $0 % 2)") }
        try await waitUntil("the surplus is refused") {
            try await weir.metrics().sum("weir_refused_connections_total", where: ["reason": "too_many"]) == 300 - 192
        }
        let browsers = try (0..<300).map { try TCPClient(port: weir.web, from: "127.0.0.\(2 + $0 % 2)") }
        let kubelets = (0..<90).map { try? TCPClient(port: weir.probes, from: "127.0.0.\(2 + $0 % 3)") }
        try await waitUntil("the surplus of each address is refused") {
            try await weir.metrics().sum("weir_http_refused_connections_total", where: ["reason": "connections_of_address"]) == 90 - 3 * 16
        }
        #expect(try await weir.metrics().sum("weir_tcp_connections") == 192)
        #expect(try await RunningWeir.status(of: "http://127.0.0.1:\(weir.probes)/-/ready") == 200)
        #expect(exporters.count + browsers.count + kubelets.count == 690)
    }
}
