import FlowModel
import Testing

@Suite("Whose flows are whose, through the whole line")
struct OwnersTests {
    private static let world = "198.51.100.7"

    @Test(
        "An address that a pod gets 200 ms after another one has lost it: every byte lands on the right pod, however late and in whatever order flows come"
    )
    func reuse() throws {
        var cluster = try ClusterLine()
        try cluster.put(ClusterLine.worker, ClusterLine.pod("a", "10.128.2.9", "fd01:0:0:2::9"), ClusterLine.pod("peer", "10.128.2.5"), at: 0)
        cluster.removePod("a", at: 100)
        try cluster.put(ClusterLine.pod("b", "10.128.2.9", "fd01:0:0:2::9", start: 100), at: 100.2)
        var wanted: [String: UInt64] = [:]
        // Sent at the second behind the colon, having ended at the first.
        let ends: [(end: Double, sent: Double)] = [
            (100.3, 101), (99.9, 101), (99.99, 101.5), (130, 131), (100.25, 131), (40, 131), (99.8, 160), (200, 201), (100.2, 201), (70, 300),
        ]
        for (index, flow) in ends.enumerated() {
            let pod = flow.end < 100 ? "a" : "b"
            let bytes = UInt64(1000 + index)
            try cluster.send(
                try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: bytes, end: flow.end),
                try ClusterLine.flow("10.128.2.9", Self.world, bytes: bytes, end: flow.end),
                try ClusterLine.flow("fd01:0:0:2::9", Self.world6, bytes: 10, end: flow.end), at: flow.sent)
            wanted["shop/peer > shop/\(pod)", default: 0] += bytes
            wanted["shop/\(pod) > reserved:world/", default: 0] += bytes + 10
        }
        cluster.drain(at: 301)
        #expect(try cluster.pairs == wanted)
    }

    private static let world6 = "2001:db8::7"

    @Test(
        "A completed Job's pod no longer owns its address; a StatefulSet's pod that moves is one endpoint; a flow after its owner's end counts as late"
    )
    func comings() throws {
        var cluster = try ClusterLine()
        try cluster.put(
            ClusterLine.worker, ClusterLine.pod("job", "10.128.2.20"), ClusterLine.pod("db-0", "10.128.2.30"), ClusterLine.pod("peer", "10.128.2.5"),
            at: 0)
        try cluster.put(ClusterLine.pod("job", "10.128.2.20", phase: "Succeeded"), at: 50)
        try cluster.put(ClusterLine.pod("next", "10.128.2.20", start: 60), at: 61)
        try cluster.send(
            try ClusterLine.flow("10.128.2.5", "10.128.2.20", bytes: 1, end: 49),
            try ClusterLine.flow("10.128.2.5", "10.128.2.20", bytes: 20, end: 62),
            try ClusterLine.flow("10.128.2.5", "10.128.2.30", bytes: 300, end: 62), at: 70)
        cluster.removePod("db-0", at: 80)
        try cluster.put(ClusterLine.pod("db-0", "10.129.2.30", node: "worker-1", start: 81), at: 82)
        try cluster.send(
            try ClusterLine.flow("10.128.2.5", "10.128.2.30", bytes: 4000, end: 79),
            try ClusterLine.flow("10.128.2.5", "10.129.2.30", bytes: 50_000, end: 90),
            try ClusterLine.flow("10.128.2.5", "10.128.2.30", bytes: 600_000, end: 91), at: 92)
        cluster.drain(at: 93)
        #expect(try cluster.pairs == ["shop/peer > shop/job": 1, "shop/peer > shop/next": 20, "shop/peer > shop/db-0": 654_300])
        let attributed = try cluster.exposition.samples.filter { $0.name == "weir_attributed_bytes_total" && $0.labels["side"] == "destination" }
        #expect(attributed.first { $0.labels["result"] == "late" }?.value == 600_000)
        #expect(attributed.first { $0.labels["result"] == "pod" }?.value == 54_321)
    }

    @Test("A port on a node's address names the pod on the host network, or the Service; a masquerade address is the host's that reports it")
    func ports() throws {
        var cluster = try ClusterLine()
        try cluster.put(
            ClusterLine.worker, ClusterLine.pod("peer", "10.128.2.5"),
            ClusterLine.pod("exporter", "192.0.2.10", spec: ", hostNetwork: true, containers: [{name: c, ports: [{containerPort: 9100}]}]"),
            """
            {kind: Service, apiVersion: v1, metadata: {namespace: shop, name: web}, spec: {clusterIPs: [172.30.0.80], externalIPs: [198.51.100.80],
             ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}, status: {loadBalancer: {ingress: [{ip: 203.0.113.80}]}}}
            """, at: 0)
        try cluster.send(
            try ClusterLine.flow("10.128.2.5", "192.0.2.10", bytes: 1, end: 10, ports: (40_000, 9100)),
            try ClusterLine.flow("192.0.2.10", "10.128.2.5", bytes: 2, end: 10, ports: (9100, 40_000)),
            try ClusterLine.flow("10.128.2.5", "192.0.2.10", bytes: 3, end: 10, ports: (40_000, 22)),
            try ClusterLine.flow("192.0.2.10", "10.128.2.5", bytes: 4, end: 10, ports: (35_001, 8080)),
            try ClusterLine.flow(Self.world, "192.0.2.10", bytes: 10, end: 10, ports: (40_001, 30_080)),
            try ClusterLine.flow(Self.world, "198.51.100.80", bytes: 20, end: 10, ports: (40_001, 80)),
            try ClusterLine.flow(Self.world, "203.0.113.80", bytes: 30, end: 10, ports: (40_001, 80)),
            try ClusterLine.flow("169.254.169.2", "10.128.2.5", bytes: 100, end: 10), at: 11)
        cluster.drain(at: 12)
        #expect(
            try cluster.pairs == [
                "shop/peer > shop/exporter": 1, "shop/exporter > shop/peer": 2, "shop/peer > reserved:host/worker-0": 3,
                "reserved:host/worker-0 > shop/peer": 104, "reserved:world/ > shop/service:web": 60,
            ])
    }

    @Test("A flow of an address that nobody is known to have yet waits for its owner, and counts as its owner's")
    func waits() throws {
        var cluster = try ClusterLine()
        try cluster.put(ClusterLine.worker, ClusterLine.pod("peer", "10.128.2.5"), at: 0)
        cluster.know(until: 10)
        try cluster.send(
            try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 1, end: 11), try ClusterLine.flow("10.128.2.9", "10.128.2.5", bytes: 2, end: 9.5),
            // These have nothing to wait for: it is known who had the address then; it is none of the cluster's.
            try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 30, end: 8.9), try ClusterLine.flow("10.128.2.5", Self.world, bytes: 40, end: 11),
            at: 12)
        cluster.tick(at: 12.1)
        #expect(try cluster.pairs == ["shop/peer > reserved:unmanaged/": 30, "shop/peer > reserved:world/": 40])
        // Another table without the owner changes nothing.
        try cluster.put(ClusterLine.pod("other", "10.128.2.44", start: 12), at: 13)
        try cluster.send(try ClusterLine.flow("10.128.2.5", Self.world, bytes: 50, end: 13), at: 13)
        cluster.tick(at: 13.1)
        #expect(try cluster.pairs.count == 2)
        try cluster.put(ClusterLine.pod("b", "10.128.2.9", start: 9), at: 14)
        try cluster.send(try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 600, end: 14), at: 14)
        cluster.tick(at: 14.1)
        #expect(
            try cluster.pairs == [
                "shop/peer > reserved:unmanaged/": 30, "shop/peer > reserved:world/": 90, "shop/peer > shop/b": 601, "shop/b > shop/peer": 2,
            ])
    }

    @Test("It waits for so long only; an address that got no owner is not waited for again until as much time has passed")
    func waitsInVain() throws {
        var cluster = try ClusterLine()
        try cluster.put(ClusterLine.worker, ClusterLine.pod("peer", "10.128.2.5"), at: 0)
        cluster.know(until: 10)
        func unmanaged() throws -> UInt64? { try cluster.pairs["shop/peer > reserved:unmanaged/"] }
        try cluster.send(try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 1, end: 11), at: 12)
        cluster.tick(at: 16.9)
        #expect(try unmanaged() == nil)
        cluster.tick(at: 17.1)
        #expect(try unmanaged() == 1)
        try cluster.send(try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 20, end: 18), at: 19)
        cluster.tick(at: 19.1)
        #expect(try unmanaged() == 21, "refused at 17.1, it counts at once")
        try cluster.send(try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 300, end: 22), at: 22.2)
        cluster.tick(at: 22.3)
        #expect(try unmanaged() == 21, "it waits again")
        cluster.drain(at: 22.4)
        #expect(try unmanaged() == 321, "at the end all that waits counts")
    }

    @Test("Nothing waits where nobody watches the cluster, or where the time for it is zero")
    func doesNotWait() throws {
        for wait in [0, 5_000_000_000] as [Int64] {
            var cluster = try ClusterLine { $0.identity.wait = wait }
            try cluster.put(ClusterLine.worker, ClusterLine.pod("peer", "10.128.2.5"), at: 0)
            if wait == 0 { cluster.know(until: 10) }
            try cluster.send(try ClusterLine.flow("10.128.2.5", "10.128.2.9", bytes: 1, end: 11), at: 12)
            cluster.tick(at: 12.1)
            #expect(try cluster.pairs == ["shop/peer > reserved:unmanaged/": 1])
        }
    }

    @Test("A scan of dead addresses has 4,096 flows wait; the others count at once, and are counted as such")
    func overflow() throws {
        var cluster = try ClusterLine()
        try cluster.put(ClusterLine.worker, ClusterLine.pod("peer", "10.128.2.5"), at: 0)
        cluster.know(until: 10)
        for number in 0..<5000 {
            let address = "10.128.\(2 + number % 2).\(number / 2 % 256)"
            if address == "10.128.2.5" || address.hasSuffix(".2.1") || address.hasSuffix(".2.2") { continue }
            try cluster.send(try ClusterLine.flow("10.128.2.5", address, bytes: 1, end: 11), at: 12)
        }
        cluster.tick(at: 12.1)
        let overflow = try cluster.exposition.sum("weir_hold_overflow_records_total")
        #expect(overflow > 800)
        #expect(try cluster.pairs == ["shop/peer > reserved:unmanaged/": UInt64(overflow)])
        cluster.tick(at: 18)
        #expect(try cluster.pairs["shop/peer > reserved:unmanaged/"] == UInt64(overflow) + 4096)
    }

    @Test(
        "A flow that finds no room to wait for an owner goes on as any other: it waits for its Service's backend, and counts without de-duplication, too"
    )
    func overflowGoesOn() throws {
        let service = """
            {kind: Service, apiVersion: v1, metadata: {namespace: shop, name: web}, spec: {clusterIPs: [172.30.0.80], ports: [{port: 80, targetPort: 8080}]}}
            """
        let slice = """
            {kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {namespace: shop, name: web-1, labels: {kubernetes.io/service-name: web}},
             addressType: IPv4, ports: [{port: 8080, protocol: TCP}], endpoints: [{addresses: [10.128.2.5]}]}
            """
        for deduplicates in [true, false] {
            var cluster = try ClusterLine { if !deduplicates { $0.deduplicate = .disabled } }
            try cluster.put(ClusterLine.worker, ClusterLine.otherWorker, ClusterLine.pod("peer", "10.128.2.5"), service, slice, at: 0)
            cluster.know(until: 10)
            for port in 0..<4096 {
                try cluster.send(ClusterLine.flow("10.128.2.5", "10.128.2.99", bytes: 1, end: 11, ports: (UInt16(port), 80)), at: 12)
            }
            try cluster.send(
                ClusterLine.flow("10.128.2.77", "172.30.0.80", bytes: 7, end: 11, ports: (40_000, 80)),
                ClusterLine.flow("10.128.2.5", "10.128.2.77", bytes: 50, end: 11, ports: (8080, 40_000)), at: 12)
            // Of another node: where one packet counts once, its home is worker-0.
            try cluster.send(ClusterLine.flow("10.128.2.78", "10.128.2.5", bytes: 900, end: 11), from: "192.0.2.11", at: 12)
            cluster.tick(at: 12.1)
            #expect(
                try cluster.pairs
                    == (deduplicates
                        ? ["shop/peer > reserved:unmanaged/": 50, "reserved:unmanaged/ > shop/peer": 7]
                        : [
                            "shop/peer > reserved:unmanaged/": 50, "reserved:unmanaged/ > shop/service:web": 7,
                            "reserved:unmanaged/ > shop/peer": 900,
                        ]))
        }
    }

    @Test("A node that has sent exports until it has been silent for ten minutes, whatever changes in the cluster meanwhile")
    func staysExporting() throws {
        var cluster = try ClusterLine()
        try cluster.put(
            ClusterLine.worker, ClusterLine.otherWorker, ClusterLine.pod("a", "10.128.2.5"), ClusterLine.pod("b", "10.129.2.5", node: "worker-1"),
            at: 0)
        try cluster.send(ClusterLine.flow("10.128.2.5", Self.world, bytes: 1, end: 10), at: 11)
        try cluster.put(ClusterLine.pod("c", "10.128.2.6", start: 12), at: 12)
        try cluster.send(ClusterLine.flow("10.129.2.5", Self.world, bytes: 2, end: 12), from: "192.0.2.11", at: 12.5)
        cluster.tick(at: 13)
        cluster.tick(at: 14)
        try cluster.put(ClusterLine.pod("d", "10.129.2.6", node: "worker-1", start: 14), at: 15)
        cluster.tick(at: 16)
        // Both nodes see it; it has its home at worker-0.
        try cluster.send(ClusterLine.flow("10.128.2.5", "10.129.2.5", bytes: 30, end: 16), from: "192.0.2.11", at: 17)
        try cluster.send(ClusterLine.flow("10.128.2.5", "10.129.2.5", bytes: 30, end: 16), at: 40)
        cluster.tick(at: 41)
        #expect(try cluster.pairs == ["shop/a > reserved:world/": 1, "shop/b > reserved:world/": 2, "shop/a > shop/b": 30])
        // Ten minutes later nobody knows that it does.
        cluster.tick(at: 700)
        try cluster.send(ClusterLine.flow("10.128.2.5", "10.129.2.5", bytes: 400, end: 700), from: "192.0.2.11", at: 701)
        cluster.tick(at: 702)
        #expect(try cluster.pairs["shop/a > shop/b"] == 430)
    }
}
