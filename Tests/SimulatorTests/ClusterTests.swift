import FlowModel
import Foundation
import KubernetesObjects
import Simulator
import Support
import Testing

@Suite("The simulated cluster")
struct ClusterTests {
    private static let start = Timestamp(seconds: 1_795_262_400)

    @Test("150 pods in ten namespaces on eight nodes, as Kubernetes would tell of them")
    func objects() throws {
        let cluster = Simulation(seed: 1, start: Self.start).cluster
        let objects = try ObjectFile(Data(cluster.objects.utf8), name: "cluster.json")
        #expect(objects.pods.count == 150)
        #expect(Set(objects.pods.compactMap(\.metadata.namespace)).count == 10)
        #expect(objects.nodes.count == 8)
        #expect(objects.pods.filter(\.isOnHostNetwork).count == 16)
        #expect(Set(objects.pods.compactMap { $0.metadata.controller?.kind }) == ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"])
        #expect(objects.jobs.count == 4)
        #expect(objects.services.count > 20)
        let own = objects.pods.filter { !$0.isOnHostNetwork }.flatMap(\.addresses)
        #expect(own.count == Set(own).count && own.count == 134)
    }

    @Test("Deploys and jobs replace pods by and by: nobody talks who is not known, nor has an address that somebody else has")
    func life() async throws {
        try await onOwnThread { Self.live() }
    }

    private static func live() {
        var simulation = Simulation(seed: 1, start: start, scenario: .quiet)
        let before = Set(simulation.cluster.existing.map(\.name))
        for second in Int64(1)...1800 {
            let datagrams = simulation.advance(to: start.advanced(by: second * 1_000_000_000))
            let pods = simulation.cluster.existing
            let addresses = pods.filter { SimulatedCluster.podNetwork.contains($0.address) }.map(\.address)
            #expect(addresses.count == Set(addresses).count)
            let known = Set(addresses)
            for flow in datagrams.flatMap(\.flows) {
                for address in [flow.source, flow.destination] where SimulatedCluster.podNetwork.contains(address) {
                    #expect(known.contains(address))
                }
            }
        }
        let after = Set(simulation.cluster.existing.map(\.name))
        #expect(after != before)
        #expect((150...170).contains(after.count))
        #expect(before.subtracting(after).contains { $0.hasPrefix("report-") })
    }
}
