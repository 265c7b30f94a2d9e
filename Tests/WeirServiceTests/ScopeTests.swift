import ConfigurationFile
import Foundation
import Support
import Testing
import WeirService

/// `collector.scope: node`: one Weir on each node, which hears that node's exporter.
@Suite("One Weir on each node") struct ScopeTests {
    private func counted(_ address: String, _ node: String, _ name: String, _ more: String = "") async throws -> Exposition {
        let folder = try TemporaryFolder()
        let capture = folder.url.appending(path: "part.pcap")
        try NATCapture.packets(of: address, in: name).write(to: capture)
        return try await NATCapture.metrics([capture.path], "collector: { scope: node, node: \(node) }\n" + more)
    }

    @Test("What all of them count together is what one Weir counts that hears all exporters, and the truth", arguments: NATCapture.names)
    func together(_ name: String) async throws {
        var sums: [String: UInt64] = [:]
        var reasons: Set<String> = []
        for (address, node) in NATCapture.nodes {
            let metrics = try await counted(address, node, name)
            sums.merge(metrics.pairs("weir_flow_bytes_total"), uniquingKeysWith: +)
            reasons.formUnion(metrics.samples.filter { $0.name == "weir_set_aside_records_total" }.compactMap { $0.labels["reason"] })
        }
        for (pair, bytes) in try NATCapture.truth(name) { #expect(sums[pair] == bytes, "\(pair)") }
        #expect(sums == (try await NATCapture.metrics([NATCapture.path(name)]).pairs("weir_flow_bytes_total")))
        #expect(reasons.contains("other_node") && !reasons.contains("other_vantage"))
    }

    @Test("Without de-duplication they count the same packets several times", arguments: NATCapture.names)
    func severalTimes(_ name: String) async throws {
        var (once, several): (UInt64, UInt64) = (0, 0)
        for (address, node) in NATCapture.nodes {
            once += try await counted(address, node, name).pairs("weir_flow_bytes_total").values.reduce(0, +)
            several += try await counted(address, node, name, "deduplicate: disabled").pairs("weir_flow_bytes_total").values.reduce(0, +)
        }
        #expect(Double(several) > 1.25 * Double(once))
    }

    @Test("In the scope of the cluster two Weirs of one exporter each would count what both see twice", arguments: NATCapture.names)
    func cluster(_ name: String) async throws {
        var sums: [String: UInt64] = [:]
        for (address, node) in NATCapture.nodes {
            let metrics = try await counted(address, node, name)
            let folder = try TemporaryFolder()
            let capture = folder.url.appending(path: "part.pcap")
            try NATCapture.packets(of: address, in: name).write(to: capture)
            let alone = try await NATCapture.metrics([capture.path])
            #expect(metrics.sum("weir_flow_bytes_total") < alone.sum("weir_flow_bytes_total"))
            sums.merge(alone.pairs("weir_flow_bytes_total"), uniquingKeysWith: +)
        }
        let truth = try NATCapture.truth(name)
        #expect(truth.contains { sums[$0.key] ?? 0 > $0.value })
    }

    @Test("An exporter whose address nobody names is the own node's")
    func unnamed() async throws {
        let folder = try TemporaryFolder()
        let weir = try await RunningWeir(
            configuration: """
                collector: { scope: node, node: worker-0.ocp.example.com, allow: any }
                identity: { file: \(try NATCapture.identity(folder)) }
                metrics: { birth_delay: 0s }
                """)
        let capture = folder.url.appending(path: "part.pcap")
        try NATCapture.packets(of: "192.168.126.11", in: "nat-ipfix").write(to: capture)
        let sent = try await ChildProcess.run(
            RunningWeir.program, ["replay", capture.path, "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "5000"])
        #expect(sent.status == 0, "\(sent.errors)")
        let expected = try await counted("192.168.126.11", "worker-0.ocp.example.com", "nat-ipfix").pairs("weir_flow_bytes_total")
        try await waitUntil("what is at home on the node has been counted") {
            try Exposition(await weir.get("/metrics?collect[]=flows")).pairs("weir_flow_bytes_total") == expected
        }
    }

    @Test("The node's name comes from the configuration, else from NODE_NAME; where neither says it, that is an error")
    func ownNode() throws {
        var configuration = WeirConfiguration()
        try configuration.takeOwnNode(of: ["NODE_NAME": "worker-9"])
        #expect(configuration.collector.node == nil, "nobody asks in the scope of the cluster")
        configuration.collector.scope = .node
        #expect(throws: ConfigurationError.self) { try configuration.takeOwnNode(of: [:]) }
        #expect(throws: ConfigurationError.self) { try configuration.takeOwnNode(of: ["NODE_NAME": ""]) }
        try configuration.takeOwnNode(of: ["NODE_NAME": "worker-9"])
        #expect(configuration.collector.node == "worker-9")
        try configuration.takeOwnNode(of: ["NODE_NAME": "worker-10"])
        #expect(configuration.collector.node == "worker-9")
    }

    @Test("weir serve without a node's name ends with status 78 and says what to set")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("weir.yaml", "collector: { scope: node }\n")
        let run = try await ChildProcess.run("env", ["-u", "NODE_NAME", RunningWeir.program, "serve", "--config", file])
        #expect(run.status == 78)
        #expect(run.errors.contains("NODE_NAME") && run.errors.contains("collector.node"))
    }
}
