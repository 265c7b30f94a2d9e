import Collector
import Foundation
import PacketCapture
import Support
import Testing

/// What survives a restart: templates and sampling rates, with `state.directory`.
@Suite struct StateTests {
    /// An exporter that goes on sending from the same port while Weir is restarted.
    private struct Exporter {
        let sender: UDPSender
        let datagrams: [[UInt8]]

        init(_ capture: String, to port: Int) throws {
            sender = try UDPSender(to: UDPDestination("127.0.0.1:\(port)"))
            var reader = try ExportDatagramReader(path: SharedFiles.captures.appending(path: capture).path)
            var datagrams: [[UInt8]] = []
            while let datagram = try reader.next() { datagrams.append(datagram.payload) }
            self.datagrams = datagrams
        }

        func send(_ range: Range<Int>) throws {
            for datagram in datagrams[range] { _ = try unsafe datagram.withUnsafeBytes { try unsafe sender.send($0) } }
        }
    }

    private func records(_ weir: RunningWeir) async throws -> Double {
        try Exposition(await weir.get("/metrics?collect[]=self")).sum("weir_exporter_records_total")
    }

    private func configuration(_ folder: TemporaryFolder) -> String {
        "state: { directory: \(folder.path("state")) }\nmetrics: { birth_delay: 0s }"
    }

    /// Waits for datagrams and gives the records in them.
    private func records(_ weir: RunningWeir, after datagrams: Int) async throws -> Double {
        try await waitUntil("\(datagrams) datagrams") {
            try await Exposition(weir.get("/metrics?collect[]=self")).sum("weir_exporter_datagrams_total") == Double(datagrams)
        }
        return try await records(weir)
    }

    @Test("With the templates of before, data decodes with the first datagram after a restart; without, it waits")
    func templates() async throws {
        let folder = try TemporaryFolder()
        let first = try await RunningWeir(configuration: configuration(folder), folder: folder)
        let exporter = try Exporter("softflowd-ipfix.pcap", to: first.flowPort)
        try exporter.send(0..<6)
        let before = try await records(first, after: 6)
        #expect(before > 0)
        first.process.send(SIGTERM)
        #expect(try await first.process.exitStatus(within: 5) == 0)

        let second = try await RunningWeir(configuration: configuration(folder), folder: folder, port: first.flowPort)
        try exporter.send(1..<6)
        #expect(try await records(second, after: 5) > 0)
        #expect(try Exposition(await second.get("/metrics")).sum("weir_flow_bytes_total") > 0)
        second.process.send(SIGTERM)
        #expect(try await second.process.exitStatus(within: 5) == 0)

        let forgetful = try await RunningWeir(port: first.flowPort)
        try exporter.send(1..<6)
        #expect(try await records(forgetful, after: 5) == 0)
    }

    @Test("What has been kept outlives a second restart, though its exporter sent nothing between the two")
    func twice() async throws {
        let folder = try TemporaryFolder()
        let first = try await RunningWeir(configuration: configuration(folder), folder: folder)
        let exporter = try Exporter("softflowd-ipfix.pcap", to: first.flowPort)
        try exporter.send(0..<2)
        _ = try await records(first, after: 2)
        first.process.send(SIGTERM)
        #expect(try await first.process.exitStatus(within: 5) == 0)

        let second = try await RunningWeir(configuration: configuration(folder), folder: folder, port: first.flowPort)
        let other = try Exporter("softflowd-v9.pcap", to: first.flowPort)
        try other.send(0..<2)
        _ = try await records(second, after: 2)
        second.process.send(SIGTERM)
        #expect(try await second.process.exitStatus(within: 5) == 0)

        let third = try await RunningWeir(configuration: configuration(folder), folder: folder, port: first.flowPort)
        try exporter.send(2..<5)
        #expect(try await records(third, after: 3) > 0)
    }

    @Test("Announced sampling rates survive a restart")
    func rates() async throws {
        let folder = try TemporaryFolder()
        func bytes(_ weir: RunningWeir) async throws -> Double {
            try Exposition(await weir.get("/metrics")).sum("weir_flow_bytes_total")
        }
        let whole = try await RunningWeir(configuration: configuration(folder), folder: folder)
        let exporter = try Exporter("pmacctd-ipfix-sampled.pcap", to: whole.flowPort)
        try exporter.send(0..<exporter.datagrams.count)
        _ = try await records(whole, after: exporter.datagrams.count)
        whole.process.send(SIGTERM)
        #expect(try await whole.process.exitStatus(within: 5) == 0)

        let second = try await RunningWeir(configuration: configuration(folder), folder: folder, port: whole.flowPort)
        let last = exporter.datagrams.count - 1
        try exporter.send(last..<(last + 1))
        #expect(try await records(second, after: 1) > 0)
        let rate = try Exposition(await second.get("/metrics")).samples.first { $0.name == "weir_exporter_sampling_rate" }
        #expect(rate?.value == 10)
        #expect(try await bytes(second) > 0)
        #expect(try await bytes(second).truncatingRemainder(dividingBy: 10) == 0)
    }

    @Test("A damaged state file is set aside with a warning, and the service starts")
    func damaged() async throws {
        let folder = try TemporaryFolder()
        let first = try await RunningWeir(configuration: configuration(folder), folder: folder)
        let exporter = try Exporter("softflowd-ipfix.pcap", to: first.flowPort)
        try exporter.send(0..<2)
        _ = try await records(first, after: 2)
        first.process.send(SIGTERM)
        #expect(try await first.process.exitStatus(within: 5) == 0)
        let file = folder.url.appending(path: "state/sessions")
        var octets = try Data(contentsOf: file)
        octets[octets.count / 2] ^= 1
        try octets.write(to: file)

        let second = try await RunningWeir(configuration: configuration(folder), folder: folder)
        #expect(second.process.standardError.contains("state could not be used"))
        #expect(second.process.standardError.contains("sessions.damaged-1"))
        #expect(FileManager.default.fileExists(atPath: folder.path("state/sessions.damaged-1")))
    }

    @Test("State that was written while it ran survives kill -9")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let first = try await RunningWeir(configuration: configuration(folder), folder: folder)
        let exporter = try Exporter("softflowd-ipfix.pcap", to: first.flowPort)
        try exporter.send(0..<2)
        _ = try await records(first, after: 2)
        try await waitUntil("the state is written", within: 20) { FileManager.default.fileExists(atPath: folder.path("state/sessions")) }
        first.process.send(SIGKILL)
        #expect(try await first.process.exitStatus(within: 5) != 0)

        let second = try await RunningWeir(configuration: configuration(folder), folder: folder, port: first.flowPort)
        try exporter.send(2..<5)
        #expect(try await records(second, after: 3) > 0)
        #expect(!second.process.standardError.contains("could not be used"))
    }

    @Test("A directory that cannot be made ends the service with status 1 and says which")
    func impossible() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("weir.yaml", "listen: [\"127.0.0.1:0\"]\nweb: { listen: \"127.0.0.1:0\" }\nstate: { directory: weir.yaml }\n")
        let run = try await ChildProcess.run(RunningWeir.program, ["serve", "--config", file], within: 10)
        #expect(run.status == 1)
        #expect(run.errors.contains(file), "\(run.errors)")
    }
}
