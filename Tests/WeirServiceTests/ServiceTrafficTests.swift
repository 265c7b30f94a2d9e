import Foundation
import Support
import Testing

/// `shared/captures/nat`: Services translated in the bridge, two nodes that both export, in three formats.
@Suite struct ServiceTrafficTests {
    private func counted(_ name: String, _ more: String = "") async throws -> [String: UInt64] {
        try await NATCapture.metrics([NATCapture.path(name)], more).pairs("weir_flow_bytes_total")
    }

    @Test("Between pods every byte counts once, at the pods that really talked", arguments: ["nat-netflow5", "nat-sflow", "nat-ipfix"])
    func once(_ name: String) async throws {
        let counted = try await counted(name)
        for (pair, bytes) in try NATCapture.truth(name) { #expect(counted[pair] == bytes, "\(pair)") }
        let services = Set(counted.keys.flatMap { $0.components(separatedBy: " > ") }.filter { $0.contains("service:") })
        #expect(services == ["shop/service:web-old"], "only what never had a backend counts at its Service")
    }

    @Test("Without de-duplication the same packets count several times", arguments: ["nat-netflow5", "nat-sflow", "nat-ipfix"])
    func severalTimes(_ name: String) async throws {
        let once = try await counted(name).values.reduce(0, +)
        let several = try await counted(name, "deduplicate: disabled").values.reduce(0, +)
        #expect(Double(several) > 1.25 * Double(once))
    }

    @Test("The same over UDP, from exporters that the configuration gives their nodes", arguments: ["nat-netflow5", "nat-sflow", "nat-ipfix"])
    func live(_ name: String) async throws {
        let objects = try TemporaryFolder()
        let weir = try await RunningWeir(
            configuration: """
                identity: { file: \(try NATCapture.identity(objects)) }
                metrics: { birth_delay: 0s }
                exporters:
                  - { address: 127.0.0.2, node: worker-0.ocp.example.com }
                  - { address: 127.0.0.3, node: worker-1.ocp.example.com }
                """)
        let sent = try await ChildProcess.run(
            RunningWeir.program,
            ["replay", NATCapture.path(name), "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "5000"])
        #expect(sent.status == 0, "\(sent.errors)")
        let truth = try NATCapture.truth(name)
        try await waitUntil("every pair has what its pods sent") {
            let counted = try Exposition(await weir.get("/metrics?collect[]=flows")).pairs("weir_flow_bytes_total")
            return truth.allSatisfy { counted[$0.key] == $0.value }
        }
    }
}
