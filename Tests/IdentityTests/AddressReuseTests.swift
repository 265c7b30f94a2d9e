import FlowModel
import Identity
import Testing

@Suite("Whose address it was at the time")
struct AddressReuseTests {
    @Test("A pod that gets the address of one deleted 200 ms before has its own flows, and the other one its own, however late they come")
    func reuse() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        _ = cluster.publish(at: 0)
        cluster.put(try LiveCluster.pod("b", start: 100), at: 100)
        cluster.remove("a", at: 100)
        cluster.put(try LiveCluster.pod("b", "10.0.0.1", start: 100), at: 100.2)
        // Flows by the time they end, as they come: late and out of order.
        let flows: [(end: Double, pod: String)] = [
            (100.3, "a/b"), (99.9, "a"), (130, "b"), (100.25, "b"), (40, "a"), (99.99, "a"), (200, "b"), (-3000, "a"), (100, "b"),
        ].map { ($0.0, $0.1 == "a/b" ? "b" : $0.1) }
        for moment in [100.2, 101, 250, 399] {
            let table = cluster.publish(at: moment)
            for flow in flows { #expect(try table.name("10.0.0.1", at: flow.end) == "shop/\(flow.pod)", "\(flow) at \(moment)") }
            #expect(try table.name("10.0.0.1") == "shop/b")
        }
        // After the grace period nobody asks any more.
        let later = cluster.publish(at: 401)
        #expect(try later.name("10.0.0.1", at: 99.9) == "shop/b")
        #expect(later.snapshot.findings(on: try #require(IPAddress("10.0.0.1"))).ownerships.count == 1)
        #expect(later.snapshot.endpointCount == 1)
    }

    @Test("The events may come in the other order: what the pods' own times say decides")
    func otherOrder() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        cluster.put(try LiveCluster.pod("b", start: 99), at: 99)
        cluster.put(try LiveCluster.pod("b", "10.0.0.1", start: 99), at: 100.2)
        let between = cluster.publish(at: 100.3)
        #expect(try between.name("10.0.0.1") == "shop/b", "of two that claim it, the later one")
        #expect(try between.name("10.0.0.1", at: 100.1) == "shop/a", "which had it when b was known without it")
        cluster.remove("a", at: 100)
        let after = cluster.publish(at: 100.4)
        #expect(try after.name("10.0.0.1", at: 100.1) == "shop/b")
        #expect(try after.name("10.0.0.1", at: 99.9) == "shop/a", "b had been started then, but a had not let go of it")
    }

    @Test("An address that nobody has any more is its last owner's for the grace period, and is said to be that")
    func pastOwner() throws {
        var configuration = IdentityConfiguration()
        configuration.clusterNetworks = [try #require(IPNetwork("10.0.0.0/8"))]
        var cluster = LiveCluster(configuration)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        cluster.remove("a", at: 100)
        let table = cluster.publish(at: 101)
        #expect(try table.name("10.0.0.1", at: 99) == "shop/a")
        #expect(try !table.entry("10.0.0.1", at: 99).isUnsettled)
        #expect(try table.name("10.0.0.1", at: 100.5) == "shop/a")
        #expect(try table.entry("10.0.0.1", at: 100.5).isUnsettled)
        #expect(try table.name("10.0.0.1", at: 400) == "reserved:unmanaged/")
        #expect(try table.name("10.0.0.1") == "reserved:unmanaged/")
        #expect(try cluster.publish(at: 400).name("10.0.0.1", at: 99) == "reserved:unmanaged/", "forgotten")
    }

    @Test("A pod does not own its address before it was started")
    func beforeTheStart() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: 100), at: 101)
        let table = cluster.publish(at: 101)
        for (time, name) in [50: "reserved:world/", 97: "reserved:world/", 99: "shop/a", 100: "shop/a", 500: "shop/a"] {
            #expect(try table.name("10.0.0.1", at: Double(time)) == name, "\(time): clocks differ by less than two seconds")
        }
        #expect(try cluster.publish(at: 402).name("10.0.0.1", at: 50) == "shop/a", "so late no flow comes; a single look-up does")
    }

    @Test("A StatefulSet's pod that moves is one endpoint, on each node at its time")
    func statefulSet() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("db-0", uid: "1", "10.0.1.7", node: "node-1", start: -3600), at: 0)
        let before = cluster.publish(at: 0)
        cluster.remove("db-0", uid: "1", at: 100)
        cluster.put(try LiveCluster.pod("db-0", uid: "2", node: "node-2", start: 101), at: 101)
        cluster.put(try LiveCluster.pod("db-0", uid: "2", "10.0.2.9", node: "node-2", start: 101), at: 103)
        let after = cluster.publish(at: 103)
        #expect(try before.entry("10.0.1.7").number == after.entry("10.0.2.9").number)
        #expect(try after.node("10.0.1.7", at: 99) == "node-1")
        #expect(try after.node("10.0.2.9", at: 104) == "node-2")
        #expect(try after.name("10.0.1.7", at: 99) == "shop/db-0")
        #expect(after.snapshot.node(named: "node-1") == before.snapshot.node(named: "node-1"))
        #expect(after.snapshot.endpointCount == 1)
        // The deletion of the first one comes once more, late: the second one has the name now.
        cluster.remove("db-0", uid: "1", at: 104)
        #expect(try cluster.publish(at: 104).name("10.0.2.9") == "shop/db-0")
        // On the same node, with the same address, and the deletion missed.
        cluster.put(try LiveCluster.pod("db-0", uid: "3", "10.0.2.9", node: "node-2", start: 110), at: 111)
        let third = cluster.publish(at: 112)
        #expect(try third.name("10.0.2.9", at: 105) == "shop/db-0")
        #expect(try third.name("10.0.2.9") == "shop/db-0")
        #expect(try third.name("10.0.1.7") == "reserved:world/")
    }

    @Test("A completed Job's pod owns its address until it has ended, and the next one after it")
    func jobs() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("nightly-1", "10.0.0.1", start: 0), at: 1)
        cluster.put(try LiveCluster.pod("nightly-1", "10.0.0.1", start: 0, phase: "Succeeded"), at: 60)
        cluster.put(try LiveCluster.pod("nightly-0", "10.0.0.1", start: -90, phase: "Failed"), at: 61)
        cluster.put(try LiveCluster.pod("nightly-2", "10.0.0.1", start: 62), at: 63)
        let table = cluster.publish(at: 64)
        for (time, name) in [30.0: "shop/nightly-1", 59: "shop/nightly-1", 62.5: "shop/nightly-2", 70: "shop/nightly-2"] {
            #expect(try table.name("10.0.0.1", at: time) == name, "\(time)")
        }
        #expect(try !table.entry("10.0.0.1", at: 59).isUnsettled)
        cluster.put(try LiveCluster.pod("nightly-2", "10.0.0.1", start: 62, phase: "Succeeded"), at: 100)
        #expect(try cluster.publish(at: 100).name("10.0.0.1") == "reserved:world/")
    }

    @Test("A pod that loses its address, or gets another one, owns each for its time")
    func changes() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", "fd01::1", start: -3600), at: 0)
        cluster.put(try LiveCluster.pod("a", "10.0.0.2", "fd01::1", start: -3600), at: 100)
        let table = cluster.publish(at: 101)
        #expect(try table.name("10.0.0.1", at: 99) == "shop/a")
        #expect(try table.name("10.0.0.1") == "reserved:world/")
        #expect(try table.name("10.0.0.2", at: 101) == "shop/a")
        #expect(try table.name("10.0.0.2", at: 90) == "reserved:world/", "its start says nothing of its second address")
        #expect(try table.name("fd01::1", at: 90) == "shop/a")
        #expect(try table.name("fd01::1", at: 110) == "shop/a")
    }

    @Test("Of one whose deletion was missed, and of a stale one, the list tells")
    func relist() throws {
        var cluster = LiveCluster()
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        cluster.put(try LiveCluster.pod("other", "10.0.0.5", start: -3600, metadata: ""), at: 0)
        let pods = [
            try LiveCluster.pod("b", "10.0.0.1", start: 50), try LiveCluster.pod("stale", "10.0.0.3", start: -7200),
            try LiveCluster.pod("fresh", "10.0.0.3", start: -600),
        ]
        cluster.identity.replacePods(pods, in: "elsewhere", at: LiveCluster.time(99))
        #expect(try cluster.publish(at: 99).name("10.0.0.5") == "shop/other", "the list was of another namespace")
        cluster.identity.replacePods(pods, at: LiveCluster.time(100))
        let table = cluster.publish(at: 100)
        #expect(try table.name("10.0.0.1") == "shop/b")
        #expect(try table.name("10.0.0.1", at: 49) == "shop/a")
        #expect(try table.name("10.0.0.5") == "reserved:world/")
        #expect(try table.name("10.0.0.3") == "shop/fresh")
        #expect(try table.name("10.0.0.3", at: 90) == "shop/fresh", "it has had it since it was started, as far as the list tells")
    }
}
