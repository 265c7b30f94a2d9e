import FlowModel
import Identity
import KubernetesObjects
import Testing

@Suite("Lists of pods that come in parts") struct PodListTests {
    private func pods(_ names: String...) throws -> [Pod] {
        try names.map { try LiveCluster.pod($0, "10.0.0.\($0.utf8.first ?? 0)", start: -3600) }
    }

    private func names(_ cluster: inout LiveCluster, at seconds: Double) throws -> String {
        let table = cluster.publish(at: seconds)
        return try ["a", "b", "c", "d"].filter { try table.name("10.0.0.\($0.utf8.first ?? 0)") == "shop/\($0)" }.joined()
    }

    @Test("What is there serves until the last part has come; what is in none of them is gone then")
    func parts() throws {
        var cluster = LiveCluster()
        cluster.identity.replacePods(try pods("a", "b", "c"), at: LiveCluster.time(0))
        #expect(try names(&cluster, at: 0) == "abc")
        cluster.identity.listPods(try pods("d"), isFirst: true, at: LiveCluster.time(10))
        cluster.identity.listPods(try pods("a"), isFirst: false, at: LiveCluster.time(11))
        #expect(try names(&cluster, at: 11) == "abcd")
        cluster.identity.replacePods(try pods("b"), at: LiveCluster.time(12))
        #expect(try names(&cluster, at: 12) == "abd")
        #expect(try cluster.publish(at: 13).name("10.0.0.\(UInt8(ascii: "c"))", at: 11) == "shop/c")
    }

    @Test("Parts of a list that was given up do not keep what the next one is without")
    func givenUp() throws {
        var cluster = LiveCluster()
        cluster.identity.listPods(try pods("a", "b"), isFirst: true, at: LiveCluster.time(0))
        cluster.identity.listPods(try pods("c"), isFirst: true, at: LiveCluster.time(1))
        cluster.identity.replacePods(try pods("d"), at: LiveCluster.time(2))
        #expect(try names(&cluster, at: 2) == "cd")
        cluster.identity.listPods(try pods("a"), isFirst: true, at: LiveCluster.time(3))
        cluster.identity.listPods([], isFirst: true, at: LiveCluster.time(4))
        cluster.identity.replacePods(try pods("b"), at: LiveCluster.time(5))
        #expect(try names(&cluster, at: 5) == "b")
    }

    @Test("A list of one namespace leaves the pods of others alone")
    func namespaces() throws {
        var cluster = LiveCluster()
        cluster.identity.replacePods(try pods("a", "b"), in: "shop", at: LiveCluster.time(0))
        cluster.identity.listPods([], in: "other", isFirst: true, at: LiveCluster.time(1))
        cluster.identity.listPods(try pods("c"), in: "shop", isFirst: true, at: LiveCluster.time(1))
        cluster.identity.replacePods([], in: "other", at: LiveCluster.time(1))
        #expect(try names(&cluster, at: 1) == "abc")
        cluster.identity.replacePods(try pods("a"), in: "shop", at: LiveCluster.time(2))
        #expect(try names(&cluster, at: 2) == "ac")
    }
}
