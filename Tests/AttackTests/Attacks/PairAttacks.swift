import FlowModel
import Support
import Testing

extension Attacks {
    @Suite struct Pairs {
        @Test("Forged records of a thousand pairs a second do not fold the honest pods: weir_folded_bytes_total{source_namespace}")
        func forged() async throws {
            let run = try await AttackRun()
            let seconds = 6 * Scale.attack
            let count = 200 * seconds
            var exporter = ExportSession(.ipfix, from: Origin(network: 36, host: 1, port: 9000), rate: 1, at: .now)
            let (beginning, origin) = (exporter.templates(at: .now), exporter.origin)
            try await run.attack(beginning.count, rate: 100) { number, _ in (beginning[number], origin) }
            let forger = Shared(exporter)
            // The good exporter's pods are 20 before, and 22 once the table is full.
            for (part, pods) in [(0, 20), (1, 22)] {
                try await run.attack(count / 2, rate: 200, pods: pods) { number, random in
                    // Five new pairs in a datagram, which is a thousand a second.
                    let flows = (0..<5).map { step in
                        var flow = Flow.between(0, 1, by: .ipfix, at: .now, using: &random)
                        let pair = (part * count / 2 + number) * 5 + step
                        let namespace = 1 + pair / 1500 % ClusterPods.scanners
                        flow.source = ClusterPods.address(namespace, pair % ClusterPods.scanning)
                        flow.destination = ClusterPods.address(1 + random.below(ClusterPods.scanners), random.below(ClusterPods.scanning))
                        return flow
                    }
                    return (forger.with { $0.data(flows, at: .now) }[0], origin)
                }
            }
            try await run.conclude(
                "forged pairs", "1,000 made-up pairs a second of 3 namespaces, `max_pairs` \(ClusterPods.maximumPairs)", count, growth: Bounds.pairs
            ) { metrics in
                let folded = metrics.sum("weir_folded_bytes_total") { $0["source_namespace"]?.hasPrefix("scanner") == true }
                #expect(folded > 0)
                #expect(metrics.sum("weir_folded_bytes_total") { $0["source_namespace"] == "shop" } == 0)
                let pairs = metrics.sum("weir_pairs")
                #expect(pairs <= Double(ClusterPods.maximumPairs))
                return "\(Int(pairs)) pairs; \(Int(folded) >> 20) MB folded, all of the scanners; honest pods keep and get their series"
            }
        }
    }
}
