import Foundation
import Support
import Testing

/// `shared/captures/nat`: Services translated in the bridge, two nodes that both export, in three formats.
@Suite struct ServiceTrafficTests {
    /// One connection as its ends saw it, counted once.
    private struct Connection: Decodable {
        struct Leg: Decodable {
            var l3_bytes: UInt64
        }
        var kind: String
        var client: String
        var backend: String?
        var request: Leg
        var reply: Leg
    }

    private struct NATTruth: Decodable {
        var wanted: [Connection]
    }

    private struct Objects: Decodable {
        struct Item: Decodable {
            struct Metadata: Decodable {
                var name: String
                var namespace: String
            }
            struct Status: Decodable {
                var podIP: String
            }
            var metadata: Metadata
            var status: Status
        }
        var items: [Item]
    }

    private static let folder = SharedFiles.captures.appending(path: "nat")

    private func counted(_ name: String, _ more: String = "") async throws -> [String: UInt64] {
        let folder = try TemporaryFolder()
        let file = try folder.write("weir.yaml", "identity: { file: \(try RecordedCluster.identityFile(in: folder)) }\n\(more)")
        let run = try await ChildProcess.run(
            RunningWeir.program, ["decode", Self.folder.appending(path: "\(name).pcap").path, "--output", "metrics", "--config", file])
        #expect(run.status == 0, "\(run.errors)")
        return try Exposition(run.output).pairs("weir_flow_bytes_total")
    }

    /// Layer-3 bytes by pair of pods, of the connections between pods: those have a record in every format.
    private func truth(_ name: String) throws -> [String: UInt64] {
        let pods = try SharedFiles.json(Objects.self, "pods.json", in: Self.folder).items
        let names = Dictionary(pods.map { ($0.status.podIP, "\($0.metadata.namespace)/\($0.metadata.name)") }) { $1 }
        var sums: [String: UInt64] = [:]
        for connection in try SharedFiles.json(NATTruth.self, "\(name).truth.json", in: Self.folder).wanted {
            guard let backend = connection.backend, let server = names[backend], let client = names[connection.client] else { continue }
            sums["\(client) > \(server)", default: 0] += connection.request.l3_bytes
            if connection.reply.l3_bytes > 0 { sums["\(server) > \(client)", default: 0] += connection.reply.l3_bytes }
        }
        return sums
    }

    @Test("Between pods every byte counts once, at the pods that really talked", arguments: ["nat-netflow5", "nat-sflow", "nat-ipfix"])
    func once(_ name: String) async throws {
        let counted = try await counted(name)
        for (pair, bytes) in try truth(name) { #expect(counted[pair] == bytes, "\(pair)") }
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
                identity: { file: \(try RecordedCluster.identityFile(in: objects)) }
                metrics: { birth_delay: 0s }
                exporters:
                  - { address: 127.0.0.2, node: worker-0.ocp.example.com }
                  - { address: 127.0.0.3, node: worker-1.ocp.example.com }
                """)
        let sent = try await ChildProcess.run(
            RunningWeir.program,
            ["replay", Self.folder.appending(path: "\(name).pcap").path, "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "5000"])
        #expect(sent.status == 0, "\(sent.errors)")
        let truth = try truth(name)
        try await waitUntil("every pair has what its pods sent") {
            let counted = try Exposition(await weir.get("/metrics?collect[]=flows")).pairs("weir_flow_bytes_total")
            return truth.allSatisfy { counted[$0.key] == $0.value }
        }
    }
}
