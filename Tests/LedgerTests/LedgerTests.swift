import FlowModel
import Identity
import Ledger
import Support
import Testing

/// A ledger with named endpoints to count between.
private struct Bench {
    let registry = EndpointRegistry()
    var ledger: Ledger
    var deltas: Deltas
    private(set) var now: Int64 = 0

    init(maxPairs: Int = 50_000, share: Double = 1, birthDelay: Int64 = 0, families: Set<LedgerConfiguration.Family> = [.bytes, .packets, .drops]) {
        var configuration = LedgerConfiguration()
        configuration.maxPairs = maxPairs
        configuration.namespaceShare = share
        configuration.birthDelay = birthDelay
        configuration.families = families
        ledger = Ledger(configuration: configuration, registry: registry, seed: 7)
        deltas = Deltas(families: families, seed: 7)
    }

    func endpoint(_ namespace: String, _ pod: String) -> EndpointNumber {
        registry.hold(EndpointLabels(namespace: namespace, pod: pod))
    }

    mutating func count(_ bytes: UInt64, _ source: EndpointNumber, _ destination: EndpointNumber, change: (inout Flow) -> Void = { _ in }) {
        var flow = Flow()
        flow.bytes = bytes
        flow.packets = 1
        change(&flow)
        deltas.add([flow], [PairOfEnds(source: source, destination: destination)])
    }

    mutating func merge(after seconds: Double = 1) {
        now += Int64(seconds * 1e9)
        ledger.merge(deltas, now: now)
        deltas.removeAll()
        ledger.advance(to: now)
    }

    /// All exposed pairs, walked in portions of three.
    var pairs: [String: UInt64] {
        var cursor = 0
        var exposed: [Ledger.ExposedPair] = []
        while ledger.pairs(after: &cursor, limit: 3, into: &exposed) {}
        return Dictionary(exposed.map { ("\(name($0.source)) > \(name($0.destination))", $0.bytes) }, uniquingKeysWith: +)
    }

    var rareAmounts: [RareAmount: UInt64] {
        var cursor = 0
        var exposed: [Ledger.ExposedRareAmount] = []
        while ledger.rareAmounts(after: &cursor, limit: 3, into: &exposed) {}
        return Dictionary(exposed.map { ($0.amount, $0.value) }, uniquingKeysWith: +)
    }

    func name(_ number: EndpointNumber) -> String {
        let labels = registry.labels(of: number)
        return "\(labels.namespace)/\(labels.pod)"
    }

    /// Exposed and withheld and retired are what was received.
    var isClosed: Bool { pairs.values.reduce(0, +) + ledger.withheldBytes + ledger.retiredBytes == ledger.receivedBytes }
}

@Suite struct LedgerTests {
    @Test("Amounts of several merges add up by pair")
    func counts() {
        var bench = Bench()
        let (a, b) = (bench.endpoint("shop", "web"), bench.endpoint("shop", "db"))
        for _ in 0..<3 {
            bench.count(100, a, b)
            bench.count(7, b, a)
            bench.merge()
        }
        #expect(bench.pairs == ["shop/web > shop/db": 300, "shop/db > shop/web": 21])
        #expect(bench.isClosed)
    }

    @Test("A new pair shows 0 until its birth, then all it has counted; so does its first dropped packet")
    func birth() {
        var bench = Bench(birthDelay: 35_000_000_000)
        let (a, b) = (bench.endpoint("shop", "web"), bench.endpoint("shop", "db"))
        bench.count(100, a, b)
        bench.merge()
        bench.count(50, a, b) {
            $0.dropReason = .unspecified
            $0.droppedPackets = 3
        }
        bench.merge(after: 34)
        #expect(bench.pairs == ["shop/web > shop/db": 0])
        #expect(bench.ledger.withheldBytes == 150)
        #expect(bench.rareAmounts == [.droppedPackets(.unspecified): 0])
        bench.merge(after: 1)
        #expect(bench.pairs == ["shop/web > shop/db": 150])
        #expect(bench.ledger.withheldBytes == 0)
        #expect(bench.rareAmounts == [.droppedPackets(.unspecified): 0])
        bench.merge(after: 34)
        #expect(bench.rareAmounts == [.droppedPackets(.unspecified): 3])
    }

    @Test("Beyond the budget pods are folded into their namespaces, and the sum stays")
    func folding() {
        var bench = Bench(maxPairs: 100)
        for pod in 0..<500 { bench.count(10, bench.endpoint("batch", "job-\(pod)"), bench.endpoint("shop", "db")) }
        bench.merge()
        #expect(bench.ledger.pairs <= 100)
        #expect(bench.isClosed)
        let folded = bench.pairs["batch/reserved:other > shop/reserved:other"] ?? 0
        #expect(folded > 0)
        #expect(bench.ledger.foldedBytes == ["batch": folded])
        #expect(bench.pairs.values.reduce(0, +) == 5000)
    }

    @Test("A namespace that fills the table does not fold the others")
    func share() {
        var bench = Bench(maxPairs: 1000, share: 0.25)
        for pod in 0..<700 { bench.count(1, bench.endpoint("shop", "web-\(pod)"), bench.endpoint("shop", "db")) }
        for pod in 0..<5000 { bench.count(1, bench.endpoint("batch", "scan"), bench.endpoint("dmz", "host-\(pod)")) }
        bench.merge()
        for pod in 0..<30 { bench.count(5, bench.endpoint("search", "api-\(pod)"), bench.endpoint("shop", "db")) }
        bench.merge()
        #expect((0..<30).allSatisfy { bench.pairs["search/api-\($0) > shop/db"] == 5 })
        #expect(bench.ledger.foldedBytes["search"] == nil)
        #expect(bench.isClosed)
    }

    @Test("What comes from a namespace that is left out counts as folded, from the first byte on, and no budget folds it again")
    func leftOut() {
        var bench = Bench(maxPairs: 100)
        let db = bench.endpoint("shop", "db")
        for _ in 0..<2 {
            bench.count(10, .other, db)
            bench.count(5, db, .other)
            bench.count(3, .other, .other)
            bench.merge()
        }
        let other = "reserved:other/reserved:other"
        #expect(bench.pairs == ["\(other) > shop/db": 20, "shop/db > \(other)": 10, "\(other) > \(other)": 6])
        #expect(bench.ledger.foldedBytes == ["reserved:other": 26])
        #expect(bench.isClosed)
    }

    @Test("A part of an endpoint's traffic is folded into its namespace, and its namespace's share is the source's as ever")
    func foldedParts() {
        var bench = Bench(maxPairs: 20)
        let web = bench.endpoint("shop", "web")
        let db = bench.endpoint("data", "db")
        let parts = (0..<40).map { bench.registry.hold(partOf: db, endNames: 0, flow: ["tcp", "\($0)"]) }
        for part in parts { bench.count(1, web, part) }
        bench.merge()
        for part in parts { bench.registry.release(part) }
        #expect(bench.ledger.pairs <= 20)
        #expect(bench.pairs["shop/reserved:other > data/reserved:other"] ?? 0 > 0)
        #expect(bench.pairs.values.reduce(0, +) == 40 && bench.isClosed)
        let gone = bench.registry.withParts([db])
        bench.ledger.retire { gone.contains($0) }
        #expect(bench.pairs.keys.sorted() == ["shop/reserved:other > data/reserved:other"])
        #expect(bench.isClosed)
    }

    @Test("With room for one pair all traffic stands in it")
    func tiny() {
        var bench = Bench(maxPairs: 1)
        for pod in 0..<10 { bench.count(10, bench.endpoint("batch", "job-\(pod)"), bench.endpoint("shop", "db")) }
        bench.merge()
        #expect(bench.pairs == ["reserved:other/reserved:other > reserved:other/reserved:other": 100])
    }

    @Test("A pair leaves when an end is gone; its number is given out again only when all have let go of it")
    func retirement() {
        var bench = Bench()
        let (a, b, c) = (bench.endpoint("shop", "web"), bench.endpoint("shop", "db"), bench.endpoint("shop", "cache"))
        bench.count(100, a, b)
        bench.count(10, c, b)
        bench.merge()
        bench.registry.release(a)
        #expect(bench.endpoint("shop", "new") != a, "the ledger's row holds it still")
        bench.ledger.retire { $0 == a }
        #expect(bench.pairs == ["shop/cache > shop/db": 10])
        #expect(bench.ledger.retiredBytes == 100)
        #expect(bench.isClosed)
        #expect(bench.endpoint("shop", "newer") == a)
    }

    @Test("When room is needed, the pairs that were idle for longest leave first, but none that was counted within the hour")
    func idle() {
        var bench = Bench(maxPairs: 100)
        for pod in 0..<88 { bench.count(10, bench.endpoint("shop", "old-\(pod)"), bench.endpoint("shop", "db")) }
        bench.merge()
        bench.count(10, bench.endpoint("shop", "young"), bench.endpoint("shop", "db"))
        bench.merge(after: 60)
        #expect(bench.ledger.retiredBytes == 0)
        bench.count(10, bench.endpoint("shop", "young"), bench.endpoint("shop", "db"))
        bench.count(10, bench.endpoint("shop", "younger"), bench.endpoint("shop", "db"))
        bench.merge(after: 3700)
        #expect(bench.ledger.retiredBytes == 50)
        #expect(bench.pairs["shop/young > shop/db"] == 20)
        #expect(bench.pairs["shop/younger > shop/db"] == 10)
        #expect(bench.isClosed)
    }

    @Test("Dropped packets, resets, SYNs and marks count where their families are on")
    func rare() {
        var bench = Bench(families: Set(LedgerConfiguration.Family.allCases))
        let (a, b) = (bench.endpoint("shop", "web"), bench.endpoint("shop", "db"))
        bench.count(100, a, b) {
            $0.protocolNumber = 6
            $0.tcpFlags = [.syn, .rst]
            $0.typeOfService = 3
            $0.packets = 9
            $0.dropReason = .sFlow(258)
            $0.droppedBytes = 40
            $0.droppedPackets = 2
        }
        bench.merge()
        #expect(
            bench.rareAmounts == [
                .droppedBytes(.sFlow(258)): 40, .droppedPackets(.sFlow(258)): 2, .tcpSYNRecords: 1, .tcpResetRecords: 1, .ecnMarkedPackets: 9,
            ])
        #expect(DropReason.sFlow(258).label == "acl")
    }

    @Test("Reasons that an exporter makes up do not fill the memory")
    func reasons() {
        var bench = Bench(maxPairs: 10)
        for code in 0..<4000 {
            bench.count(1, bench.endpoint("shop", "web"), bench.endpoint("shop", "db")) {
                $0.dropReason = .sFlow(UInt32(code))
                $0.droppedPackets = 1
            }
        }
        bench.merge()
        #expect(bench.rareAmounts.count <= 42)
    }

    @Test("Whatever is counted, folded, born and retired: what is exposed, withheld and retired is what was received")
    func sum() {
        var random = SeededGenerator(seed: 20_261_121)
        var bench = Bench(maxPairs: 200, share: 0.3, birthDelay: 5_000_000_000)
        let endpoints = (0..<120).map { bench.endpoint("ns-\($0 % 7)", "pod-\($0)") }
        for step in 0..<400 {
            for _ in 0..<Int.random(in: 0..<60, using: &random) {
                bench.count(
                    UInt64.random(in: 0..<10_000, using: &random), endpoints[Int.random(in: 0..<120, using: &random)],
                    endpoints[Int.random(in: 0..<120, using: &random)])
            }
            bench.merge(after: step % 50 == 49 ? 4000 : 1)
            if step % 20 == 19 {
                let gone = endpoints[Int.random(in: 0..<120, using: &random)]
                bench.ledger.retire { $0 == gone }
            }
            #expect(bench.isClosed)
            #expect(bench.ledger.pairs <= 201)
        }
        #expect(bench.ledger.retiredBytes > 0)
        #expect(!bench.ledger.foldedBytes.isEmpty)
    }

    @Test("A hundred thousand pairs are found again, each once")
    func many() {
        var bench = Bench(maxPairs: 200_000)
        let endpoints = (0..<320).map { bench.endpoint("ns", "pod-\($0)") }
        for round in 1...2 {
            for source in endpoints { for destination in endpoints { bench.count(UInt64(round), source, destination) } }
            bench.merge()
        }
        #expect(bench.ledger.pairs == 320 * 320)
        #expect(bench.pairs.values.allSatisfy { $0 == 3 })
    }
}
