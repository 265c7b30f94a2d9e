import Foundation
import Support
import Testing

@Suite struct CapturesTests {
    @Test("A capture replayed over UDP counts as its witnesses say", arguments: CaptureExpectation.all)
    func replayed(_ capture: CaptureExpectation) async throws {
        let names = try PodNames()
        let pods = SharedFiles.captures.appending(path: "pods.json").path
        let weir = try await RunningWeir(configuration: "identity: { file: \(pods) }\nmetrics: { birth_delay: 0s }")
        try await weir.replay("\(capture.name).pcap", datagrams: capture.datagrams)
        let counted = try Exposition(await weir.get("/metrics")).pairs("weir_flow_bytes_total").filter { $0.value > 0 }
        #expect(try capture.agrees(with: counted, names), "\(counted)")
        if capture.isExact { #expect(counted == (try exactly(capture, names))) }
    }

    @Test("The same capture through `weir decode --output metrics` gives the same counters", arguments: CaptureExpectation.all + [.overTCP])
    func decoded(_ capture: CaptureExpectation) async throws {
        let pods = SharedFiles.captures.appending(path: "pods.json").path
        let file = SharedFiles.captures.appending(path: "\(capture.name).pcap").path
        let run = try await ChildProcess.run(RunningWeir.program, ["decode", file, "--output", "metrics", "--identity", pods])
        #expect(run.status == 0, "\(run.errors)")
        let counted = try Exposition(run.output).pairs("weir_flow_bytes_total").filter { $0.value > 0 }
        #expect(try capture.agrees(with: counted, PodNames()), "\(counted)")
    }

    @Test("Of packets that were sampled inside a tunnel the inner ones count")
    func underlay() async throws {
        struct Row: Decodable {
            var rate: UInt64
            var ip_len: UInt64
        }
        let file = SharedFiles.captures.appending(path: "ovs-sflow-underlay.pcap").path
        let run = try await ChildProcess.run(RunningWeir.program, ["decode", file, "--output", "metrics"])
        // Outer IPv4, UDP, VXLAN and the inner Ethernet header are 20 + 8 + 8 + 14 octets; the 28 octets of ARP are no IP bytes.
        let inner = try SharedFiles.json([Row].self, "ovs-sflow-underlay.tshark.json").map { (rate: $0.rate, octets: $0.ip_len - 50) }
        let expected = inner.filter { $0.octets != 28 }.reduce(0) { $0 + $1.rate * $1.octets }
        #expect(try Exposition(run.output).pairs("weir_flow_bytes_total").values.reduce(0, +) == expected)
    }

    /// What the pods really sent, without IPv6 where the export has none.
    private func exactly(_ capture: CaptureExpectation, _ names: PodNames) throws -> [String: UInt64] {
        let isOpenVSwitch = capture.name.hasPrefix("ovs-")
        var truth = try SharedFiles.json(Truth.self, isOpenVSwitch ? "\(capture.name).truth.json" : "pods-traffic.truth.json")
        if capture.name == "ovs-netflow5" {
            // Tagged frames count 4 octets a packet too much, which no record of NetFlow v5 tells (docs/exporters.md).
            for index in truth.pairs.indices where truth.pairs[index].src.hasPrefix("10.131.100.") {
                truth.pairs[index].l3Bytes += 4 * truth.pairs[index].packets
            }
        }
        if capture.name.hasSuffix("5") { truth.pairs.removeAll { $0.src.contains(":") } }
        return names.bytes(truth)
    }
}
