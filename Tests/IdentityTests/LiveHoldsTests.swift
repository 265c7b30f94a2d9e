import FlowModel
import Identity
import Support
import Testing

@Suite("Which endpoints a live table holds")
struct LiveHoldsTests {
    @Test("An endpoint is given up when the grace period is over, and no snapshot names it any more")
    func release() throws {
        var cluster = LiveCluster(grace: 60)
        let registry = cluster.registry
        let labels = EndpointLabels(namespace: "shop", pod: "a")
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        var old: LiveSnapshot? = cluster.publish(at: 0)
        let number = try #require(try old?.entry("10.0.0.1").number)
        cluster.remove("a", at: 100)
        var current = cluster.publish(at: 159)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(159)) == nil)
        #expect(try current.name("10.0.0.1", at: 99) == "shop/a", "within the grace period a late flow may name it")
        current = cluster.publish(at: 161)
        #expect(current.snapshot.endpointCount == 0)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(165)) == nil, "what was counted may not have been taken over yet")
        #expect(cluster.identity.takeGone(at: LiveCluster.time(200)) == nil, "an old snapshot is about")
        #expect(registry.isKnown(labels) && registry.labels(of: number) == labels)
        old = nil
        var gone = cluster.identity.takeGone(at: LiveCluster.time(200))
        #expect(gone?.numbers == [number])
        #expect(registry.isKnown(labels), "until its pairs have been taken out")
        gone = nil
        #expect(!registry.isKnown(labels))
        #expect(cluster.identity.takeGone(at: LiveCluster.time(300)) == nil)
        _ = current
    }

    @Test("An endpoint that comes back keeps its number")
    func comesBack() throws {
        var cluster = LiveCluster(grace: 10)
        cluster.put(try LiveCluster.pod("a", "10.0.0.1", start: -3600), at: 0)
        let number = try cluster.publish(at: 0).entry("10.0.0.1").number
        cluster.remove("a", at: 1)
        _ = cluster.publish(at: 20)
        cluster.put(try LiveCluster.pod("a", uid: "2", "10.0.0.2", start: 21), at: 22)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(100)) == nil)
        #expect(try cluster.publish(at: 100).entry("10.0.0.2").number == number)
        #expect(cluster.identity.takeGone(at: LiveCluster.time(200)) == nil)
        cluster.remove("a", at: 200)
        _ = cluster.publish(at: 211)
        let gone = cluster.identity.takeGone(at: LiveCluster.time(222))
        #expect(gone?.numbers == [number])
    }

    @Test("With the table and its last snapshot all holds are gone, whatever happened before")
    func balance() throws {
        let registry: EndpointRegistry
        var last: LiveSnapshot?
        do {
            var configuration = IdentityConfiguration()
            configuration.networks = [.init(name: "corp", cidrs: [try #require(IPNetwork("192.0.2.0/24"))])]
            var cluster = LiveCluster(grace: 5, configuration)
            registry = cluster.registry
            var random = SeededGenerator(seed: 3)
            for step in 0..<2000 {
                let pod = Int(random.next() % 20)
                let address = "10.0.0.\(1 + random.next() % 10)"
                if random.next() % 3 == 0 {
                    cluster.remove("p\(pod)", at: Double(step))
                } else {
                    let uid = "\(random.next() % 3)"
                    cluster.put(
                        try LiveCluster.pod(
                            "p\(pod)", uid: uid, address, node: "n\(random.next() % 3)", start: Double(step), status: ", hostIP: 192.0.2.9"),
                        at: Double(step))
                }
                if step % 3 == 0 { last = cluster.publish(at: Double(step)) }
                if step % 7 == 0 { _ = cluster.identity.takeGone(at: LiveCluster.time(Double(step))) }
            }
            for pod in 0..<20 { cluster.remove("p\(pod)", at: 2000) }
            last = cluster.publish(at: 2010)
            #expect(last?.snapshot.endpointCount == 1, "the configured network")
            _ = cluster.identity.takeGone(at: LiveCluster.time(2030))
            #expect(registry.snapshot().labels.filter { registry.isKnown($0) }.count == 4)
            #expect(last?.snapshot.nodeCount == 0)
        }
        #expect(try last?.name("192.0.2.1") == "reserved:network/corp", "what a snapshot names is held for it")
        last = nil
        #expect(LiveCluster.isEmpty(registry))
    }
}
