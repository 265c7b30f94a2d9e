import Detection
import Exporters
import FlowModel
import FlowProtocols
import Foundation
import Identity
import KubernetesObjects
import Support
import Testing
import WeirService
import Windows

@Suite("Spikes of one node")
struct SharedNodeTests {
    private static let start = Timestamp(seconds: 1_795_233_600)
    private static let usual: UInt64 = 30_000_000  // in a tick: 2 MB/s

    private static func at(_ seconds: Int64) -> Timestamp { start.advanced(by: seconds * 1_000_000_000) }

    /// Pods `10.1.0.1` to `10.1.0.4` in namespaces `a` to `d`.
    private static var pods: String {
        zip(1..., ["a", "b", "c", "d"]).map { number, namespace in
            """
            {kind: Pod, apiVersion: v1, metadata: {namespace: \(namespace), name: pod, uid: \(namespace)}, spec: {nodeName: node-1},
             status: {phase: Running, podIPs: [{ip: 10.1.0.\(number)}], startTime: "2026-01-01T00:00:00Z"}}
            """
        }.joined(separator: "\n---\n")
    }

    /// What is known of the pairs of namespaces after three days.
    private static func known(_ configuration: DetectionConfiguration) -> SavedDetection {
        let names = ["a", "b", "c", "d"].map { WorkloadName(namespace: $0, kind: "Pod", name: "pod") }
        var detection = Detection(configuration, seesWholeCluster: true)
        var generator = SeededGenerator(seed: 5)
        let end = start.nanoseconds / ClosedTick.nanoseconds
        for number in end - 3 * 5760..<end {
            var tick = ClosedTick(number: number, workloads: names)
            tick.signals = [.flows]
            tick.series = [UInt32(0), 2].map { place in
                let pair = WorkloadPair(source: WorkloadNumber(rawValue: place), destination: WorkloadNumber(rawValue: place + 1))
                var amounts = Amounts()
                amounts.bytes = Int64(Double(usual) * Double.random(in: 0.9...1.1, using: &generator))
                return ClosedTick.Series(pair: pair, amounts: amounts)
            }
            _ = detection.evaluate(tick)
        }
        return detection.saved()
    }

    @Test("They are one alert of that node, also where several ticks are judged at once")
    func node() throws {
        var configuration = WeirConfiguration()
        configuration.detection.disabledRules = BuiltInRules.rules.map(\.name)
        configuration.detection.ownRules = [Rule(name: "Spike", kind: .spike)]
        let address = try #require(IPAddress("192.0.2.10"))
        var exporter = ExportersConfiguration.Exporter(address: address)
        exporter.node = "node-1"
        configuration.exporters.exporters = [exporter]
        var detection = Detection(configuration.detection, seesWholeCluster: true)
        detection.restore(Self.known(configuration.detection), at: Self.start.nanoseconds / ClosedTick.nanoseconds)

        let registry = EndpointRegistry()
        let objects = try ObjectFile(Data(Self.pods.utf8), name: "pods.yaml")
        let identity = IdentityBuilder.snapshot(of: objects, configuration.identity, registry: registry)
        let line = OfflineLine(configuration, identity: identity, registry: registry, start: Self.start, detection: detection, seed: 1)
        var encoder = FlowEncoder(.ipfix, systemStart: Self.start)
        let key = SessionKey(address: address, sourcePort: 40_000, localPort: 4739)
        let templates = encoder.templates(at: Self.start)
        line.receive(try #require(templates), from: key, at: Self.start)
        var found: [[[String: String]]] = []
        for second in Int64(1)...600 {
            if second % 15 == 0 {
                let flows = [("10.1.0.1", "10.1.0.2"), ("10.1.0.3", "10.1.0.4")].map { source, destination in
                    var flow = Flow()
                    (flow.source, flow.destination) = (IPAddress(source) ?? .unspecified, IPAddress(destination) ?? .unspecified)
                    // Ten times as much from 5 min on.
                    (flow.bytes, flow.packets) = (second > 300 ? 10 * Self.usual : Self.usual, 20_000)
                    (flow.start, flow.end) = (Self.at(second - 15), Self.at(second))
                    (flow.etherType, flow.protocolNumber, flow.sourcePort, flow.destinationPort) = (0x0800, 6, 40_000, 8080)
                    return flow
                }
                for datagram in encoder.datagrams(flows, at: Self.at(second)) { line.receive(datagram, from: key, at: Self.at(second)) }
            }
            line.tick(at: Self.at(second))
            // Eight ticks at a time: the spikes begin in the middle of some.
            guard second % 120 == 0 else { continue }
            line.judge(at: Self.at(second)) { reports, _ in found.append(reports.flatMap(\.findings).map(\.labels)) }
        }
        let first = try #require(found.firstIndex { !$0.isEmpty })
        #expect(found[first] == [["node": "node-1", "grouped_by": "node"]])
        #expect(Set(found[first...]) == [found[first]])
    }
}
