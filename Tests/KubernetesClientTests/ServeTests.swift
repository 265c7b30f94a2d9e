import Foundation
import Support
import Testing

/// `weir serve` as a process of its own, with a kubeconfig that leads to a `FakeAPIServer`.
@Suite("weir serve learns who owns an address from the API server", .serialized) struct ServeTests {
    private func serve(_ server: FakeAPIServer, _ more: String = "", metrics: String = "", rest: String = "") async throws -> RunningWeir {
        let folder = try TemporaryFolder()
        try folder.write(
            "kubeconfig",
            """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "\(server.url)"}}]
            users: [{name: u, user: {token: secret}}]
            """)
        return try await RunningWeir(
            configuration: "kubernetes: { mode: kubeconfig, kubeconfig: kubeconfig\(more) }\nmetrics: { birth_delay: 0s\(metrics) }\n\(rest)\n",
            folder: folder)
    }

    /// A NetFlow v5 datagram with one record of 1,000 bytes that ends now.
    private func datagram(from source: [UInt8], to destination: [UInt8], sequence: UInt32) -> [UInt8] {
        func octets(_ value: some FixedWidthInteger) -> [UInt8] {
            unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
        }
        let now = UInt32(Date().timeIntervalSince1970)
        let uptime: UInt32 = 1_000_000
        var datagram = octets(UInt16(5)) + octets(UInt16(1)) + octets(uptime) + octets(now) + octets(UInt32(0))
        datagram += octets(sequence) + octets(UInt32(0))
        datagram += source + destination + [0, 0, 0, 0] + octets(UInt16(1)) + octets(UInt16(2))
        datagram += octets(UInt32(10)) + octets(UInt32(1000)) + octets(uptime) + octets(uptime)
        datagram += octets(UInt16(40000)) + octets(UInt16(8080)) + [0, 0x18, 6, 0] + octets(UInt64(0))
        return datagram
    }

    private func bytes(_ weir: RunningWeir, from source: String, to destination: String) async throws -> Int? {
        try await weir.get("/metrics").split(separator: "\n").first { line in
            line.hasPrefix("weir_flow_bytes_total{") && line.contains(#"source_pod="\#(source)""#)
                && line.contains(#"destination_pod="\#(destination)""#)
        }?.split(separator: " ").last.flatMap { Int($0) }
    }

    @Test("Flows are named by the pods that have their addresses then, and a pod that takes over an address is named from then on")
    func followsTheCluster() async throws {
        let cluster = FakeCluster()
        cluster.put("a", address: "10.128.2.9")
        cluster.put("b", address: "10.128.2.10")
        let server = try cluster.serve()
        let weir = try await serve(server)
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" })
        let metrics = try await weir.get("/metrics")
        #expect(metrics.contains("weir_kubernetes_synced 1\n"))
        #expect(metrics.contains(#"weir_kubernetes_objects{resource="pods"} 2"#))
        let sender = try DatagramSender(to: weir.flowPort)
        try await waitUntil("the table of the list is in use") { try await weir.get("/metrics").contains("weir_identity_endpoints 2\n") }
        sender.send(datagram(from: [10, 128, 2, 9], to: [10, 128, 2, 10], sequence: 0))
        try await waitUntil("the flow counts") { try await bytes(weir, from: "a", to: "b") == 1000 }

        cluster.delete("b")
        cluster.put("c", address: "10.128.2.10")
        try await waitUntil("c is there") { try await weir.get("/metrics").contains("weir_identity_endpoints 3\n") }
        // Its second is the datagram's unit of time.
        try await waitUntil("c's flow counts") {
            sender.send(datagram(from: [10, 128, 2, 9], to: [10, 128, 2, 10], sequence: 1))
            return try await bytes(weir, from: "a", to: "c") ?? 0 >= 1000
        }
        server.stop()
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus() == 0)
    }

    @Test("A flow that comes before word of its pod waits for it, while the cluster is watched")
    func waitsForOwners() async throws {
        let cluster = FakeCluster()
        cluster.put("a", address: "10.128.2.9")
        let server = try cluster.serve()
        let weir = try await serve(server, rest: "identity: { cluster_networks: [10.128.0.0/14], wait: 60s }")
        let sender = try DatagramSender(to: weir.flowPort)
        var address: UInt8 = 20
        // Until Weir has looked whether the cluster is being watched, nothing waits.
        try await waitUntil("a flow waits") {
            address += 1
            sender.send(datagram(from: [10, 128, 2, 9], to: [10, 128, 2, address], sequence: UInt32(address) - 21))
            let sent = Double(address) - 20
            try await waitUntil("it is taken") { try await Exposition(weir.get("/metrics")).sum("weir_exporter_records_total") == sent }
            return try await Exposition(weir.get("/metrics")).sum("weir_received_bytes_total") < sent * 1000
        }
        let counted = try await Exposition(weir.get("/metrics")).sum("weir_received_bytes_total")
        cluster.put("late", address: "10.128.2.\(address)")
        try await waitUntil("it counts as its pod's") { try await bytes(weir, from: "a", to: "late") == 1000 }
        #expect(try await Exposition(weir.get("/metrics")).sum("weir_received_bytes_total") == counted + 1000)
        server.stop()
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus() == 0)
    }

    @Test(
        "ReplicaSets and Jobs are asked for, by their metadata, where a label needs them; a pod is called by its Deployment from then on that this is known"
    )
    func owners() async throws {
        func metadata(_ name: String, _ owner: (kind: String, name: String), _ version: Int) -> String {
            #""metadata":{"name":"\#(name)","namespace":"shop","uid":"uid-\#(name)","resourceVersion":"\#(version)","#
                + #""ownerReferences":[{"kind":"\#(owner.kind)","name":"\#(owner.name)","uid":"1","controller":true}]}"#
        }
        let cluster = FakeCluster()
        cluster.put(.pods, "web-7d9c-x") {
            #"{"kind":"Pod",\#(metadata("web-7d9c-x", ("ReplicaSet", "web-7d9c"), $0)),"status":{"phase":"Running","podIP":"10.128.2.9"}}"#
        }
        let server = try cluster.serve()
        let weir = try await serve(server, metrics: ", labels: [workload, workload_kind]")
        for resource in ["replicasets", "jobs"] {
            #expect(
                server.requests.contains { $0.resource == resource && $0.headers["accept"]?.contains("PartialObjectMetadata") == true }, "\(resource)"
            )
        }
        #expect(!server.requests.contains { $0.resource == "namespaces" })
        let sender = try DatagramSender(to: weir.flowPort)
        var sequence: UInt32 = 0
        func workloads() async throws -> Set<String> {
            sender.send(datagram(from: [10, 128, 2, 9], to: [192, 0, 2, 1], sequence: sequence))
            sequence += 1
            return Set(
                try await weir.get("/metrics?collect[]=flows").split(separator: "\n").compactMap { line in
                    line.firstMatch(of: /^weir_flow_bytes_total.*source_workload="(.*?)",source_workload_kind="(.*?)"/).map { "\($0.2)/\($0.1)" }
                })
        }
        try await waitUntil("the pod is known") { try await workloads().contains("ReplicaSet/web-7d9c") }
        cluster.put(.replicaSets, "web-7d9c") { #"{"kind":"PartialObjectMetadata",\#(metadata("web-7d9c", ("Deployment", "web"), $0))}"# }
        try await waitUntil("its Deployment is known") { try await workloads().contains("Deployment/web") }
        server.stop()

        let other = try cluster.serve()
        let plain = try await serve(other, metrics: ", labels: [zone]")
        #expect(!other.requests.contains { ["replicasets", "jobs"].contains($0.resource) })
        other.stop()
        for process in [weir.process, plain.process] {
            process.send(SIGTERM)
            #expect(try await process.exitStatus() == 0)
        }
    }

    @Test("Weir is ready after the time for the first lists, though the API server is not there")
    func notThere() async throws {
        let server = try FakeCluster().serve()
        server.stop()
        let weir = try await serve(server, ", sync_timeout: 1s")
        #expect(try await weir.get("/metrics").contains("weir_kubernetes_synced 0\n"))
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus() == 0)
    }
}

/// Sends datagrams to a port on loopback.
private final class DatagramSender {
    private let descriptor: Int32

    init(to port: Int) throws {
        descriptor = try LoopbackSocket.connected(type: Int32(SOCK_DGRAM.rawValue), port: UInt16(port))
    }

    deinit {
        close(descriptor)
    }

    func send(_ datagram: [UInt8]) {
        _ = unsafe datagram.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
