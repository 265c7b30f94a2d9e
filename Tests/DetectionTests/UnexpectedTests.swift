import ConfigurationFile
import Identity
import Testing
import Windows

import Detection

@Suite("Unexpected traffic")
struct UnexpectedTests {
    private static let day: Int64 = 5760
    private var make = TickMaker()

    private static var learning: Rule { Rule(name: "U", kind: .unexpected) }

    private static func allowing(_ change: (inout AllowedTraffic) -> Void) -> Rule {
        var allowed = AllowedTraffic()
        change(&allowed)
        var settings = Rule.UnexpectedSettings()
        settings.allowed = [allowed]
        settings.learningTime = nil
        var rule = Rule(name: "A", kind: .unexpected)
        rule.settings = .unexpected(settings)
        return rule
    }

    @Test("What is seen while the rule learns is expected; a new edge is told of once, for as long as its first traffic goes on")
    mutating func learn() {
        var detection = Detection([Self.learning])
        let known = make.edge("shop/a", "pay/db", 5432)
        #expect(detection.findings(make.tick(0, edges: [known])).isEmpty)
        #expect(detection.availability.first { $0.signal == "learned_edges" }?.reason == "still learning, until 2026-11-17T00:00:00Z")
        #expect(detection.findings(make.tick(Self.day, edges: [known])).isEmpty)
        #expect(detection.availability.first { $0.signal == "learned_edges" }?.isAvailable == true)
        let new = make.edge("web/x", "pay/db", 5432)
        let found = detection.findings(make.tick(Self.day + 1, edges: [known, new]))
        #expect(
            found.map(\.labels) == [
                [
                    "source_namespace": "web", "source_workload": "x", "destination_namespace": "pay", "destination_workload": "db",
                    "protocol": "tcp",
                    "port": "5432",
                ]
            ])
        #expect(found.first?.words == "web/x → pay/db tcp/5432 is new: it was not seen while the rule learned (1d), nor since")
        #expect(found.first?.measure.value == 100)
        #expect(detection.findings(make.tick(Self.day + 21)).count == 1)
        #expect(detection.findings(make.tick(Self.day + 22)).isEmpty)
        #expect(detection.findings(make.tick(Self.day + 100, edges: [new])).isEmpty)
    }

    @Test("A workload that has the number of one that is gone is known by its own name")
    mutating func numberGivenBack() {
        var threshold = Rule(name: "R", kind: .threshold)
        var settings = Rule.ThresholdSettings()
        settings.above = 1
        threshold.settings = .threshold(settings)
        var detection = Detection([Self.learning, threshold])
        func tick(_ number: Int64, _ make: TickMaker, _ source: String, generation: Int) -> ClosedTick {
            let edge = make.edge(source, "pay/db", 5432)
            var tick = make.tick(number, [make.series(source, "pay/db") { $0.bytes = 100_000 }], edges: [edge])
            tick.generation = generation
            return tick
        }
        for number in [0, Self.day] { _ = detection.findings(tick(number, make, "shop/a", generation: 0)) }
        let found = detection.findings(tick(Self.day + 1, TickMaker(), "web/x", generation: 1))
        #expect(found.map { $0.labels["source_namespace"] } == ["web", "shop", "web"])
    }

    @Test("An edge that goes on for as long as the rule learns is learned")
    mutating func goingOn() {
        var detection = Detection([Self.learning])
        let known = make.edge("shop/a", "pay/db", 5432)
        let new = make.edge("web/x", "pay/db", 5432)
        _ = detection.evaluate(make.tick(0, edges: [known]))
        var told = 0
        for tick in stride(from: Self.day, to: 2 * Self.day + 40, by: 10) where !detection.findings(make.tick(tick, edges: [new])).isEmpty {
            told += 1
        }
        #expect(told == Int(Self.day / 10))
    }

    @Test("An approved edge is told of no more")
    mutating func approve() {
        var detection = Detection([Self.learning])
        _ = detection.evaluate(make.tick(0, edges: [make.edge("shop/a", "pay/db", 5432)]))
        let new = make.edge("web/x", "pay/db", 5432)
        #expect(detection.findings(make.tick(Self.day, edges: [new])).count == 1)
        let edge = EdgeName(
            source: WorkloadName(namespace: "web", kind: "Deployment", name: "x"),
            destination: WorkloadName(namespace: "pay", kind: "Deployment", name: "db"), protocolNumber: 6, port: 5432)
        #expect(detection.add(Baseline(edges: [Baseline.Edge(edge: edge, isApproved: true)])) == 1)
        #expect(detection.findings(make.tick(Self.day + 1, edges: [new])).isEmpty)
    }

    @Test("With a list alone whatever is not in it is told of whenever there is traffic")
    mutating func allow() {
        let rule = Self.allowing {
            $0.source.namespace = NamePatterns(["shop"])
            $0.destination.workload = NamePatterns(["db*"])
            $0.protocols = [6]
            $0.ports = [5432...5433]
        }
        var detection = Detection([rule])
        let edges = [
            make.edge("shop/a", "pay/db-1", 5432), make.edge("shop/a", "pay/db-1", 5434), make.edge("web/a", "pay/db-1", 5432),
            make.edge("shop/a", "pay/db-1", 5432, protocolNumber: 17),
        ]
        let found = detection.findings(make.tick(0, edges: edges))
        #expect(found.count == 3)
        #expect(found.first?.words == "shop/a → pay/db-1 tcp/5434 is not among what the rule allows")
        #expect(detection.findings(make.tick(30)).isEmpty)
        #expect(detection.findings(make.tick(60, edges: edges)).count == 3)
    }

    @Test("Networks and apps are selected by their names")
    mutating func selectors() {
        let rule = Self.allowing {
            $0.source.app = NamePatterns(["front"])
            $0.destination.network = NamePatterns(["corp*"])
        }
        var detection = Detection([rule])
        let edges = [
            make.edge("shop/a", "reserved:network/corp-1", 443), make.edge("shop/b", "reserved:network/corp-1", 443),
            make.edge("shop/a", "reserved:network/vpn", 443), make.edge("shop/a", "reserved:world", 443),
        ]
        make.apps = make.workloads.map { $0.name == "a" ? "front" : "" }
        #expect(detection.findings(make.tick(0, edges: edges)).count == 3)
    }

    @Test("What has no port belongs to the edges between the same two")
    mutating func portless() {
        var detection = Detection([Self.learning])
        _ = detection.evaluate(make.tick(0, edges: [make.edge("shop/a", "pay/db", 5432)]))
        let answers = [make.edge("pay/db", "shop/a", 0, protocolNumber: 1), make.edge("shop/a", "pay/db", 0)]
        #expect(detection.findings(make.tick(Self.day, edges: answers)).isEmpty)
        #expect(detection.findings(make.tick(Self.day + 1, edges: [make.edge("web/x", "pay/db", 0, protocolNumber: 1)])).count == 1)
    }

    @Test("What was learned is kept over a restart, also where workloads have other numbers then")
    mutating func restart() {
        var first = Detection([Self.learning])
        _ = first.evaluate(make.tick(0, edges: [make.edge("shop/a", "pay/db", 5432)]))
        let saved = first.saved()
        var second = Detection([Self.learning])
        second.restore(saved, at: TickMaker.monday + 10)
        make = TickMaker()
        let new = make.edge("web/x", "pay/db", 5432)
        let known = make.edge("shop/a", "pay/db", 5432)
        #expect(second.findings(make.tick(Self.day, edges: [new, known])).map(\.labels["source_namespace"]) == ["web"])
    }

    @Test("Beyond the limit the edges go that were not seen for longest")
    mutating func bounded() {
        var detection = Detection([Self.learning]) { $0.maxEdges = 100 }
        for number in 0..<200 { _ = detection.evaluate(make.tick(Int64(number), edges: [make.edge("shop/a\(number)", "pay/db", 5432)])) }
        #expect(detection.edgeCounts.known <= 100 && detection.edgeCounts.evicted >= 100)
        let names = Set(detection.baseline.edges.map(\.edge.source.name))
        #expect(names.contains("a199") && !names.contains("a0"))
    }

    @Test("A hostile, or future, beginning of learning that was kept does not stay")
    mutating func hostileBeginning() throws {
        var first = Detection([Self.learning])
        _ = first.evaluate(make.tick(0, edges: [make.edge("shop/a", "pay/db", 5432)]))
        let text = String(decoding: try JSON.encode(first.saved()), as: UTF8.self)
        for since in ["\(Int64.min)", "\(Int64.max)", "-1", "\(TickMaker.monday + 999_999)"] {
            let changed = text.replacing("\"since\":\(TickMaker.monday)", with: "\"since\":\(since)")
            #expect(changed != text)
            let saved = try #require(JSON.decode(SavedDetection.self, Array(changed.utf8)))
            var second = Detection([Self.learning])
            second.restore(saved, at: TickMaker.monday + 10)
            _ = second.evaluate(make.tick(11, edges: [make.edge("shop/a", "pay/db", 5432)]))
            #expect(!second.findings(make.tick(2 * Self.day, edges: [make.edge("web/x", "pay/db", 5432)])).isEmpty)
        }
    }

    // MARK: Baselines

    @Test("A baseline is written as YAML and read again, however long it is")
    mutating func baseline() throws {
        var edges: [Baseline.Edge] = []
        for number in 0..<2500 {
            let edge = EdgeName(
                source: WorkloadName(namespace: "shop", kind: "Deployment", name: "a\(number)"),
                destination: WorkloadName(namespace: "reserved:world", kind: "", name: ""), protocolNumber: number % 2 == 0 ? 6 : 47,
                port: UInt16(number))
            edges.append(Baseline.Edge(edge: edge, first: 119_652_480, last: 119_652_490, isApproved: number % 3 == 0))
        }
        let baseline = Baseline(since: 119_652_480, edges: edges)
        let text = BaselineText.yaml(baseline)
        #expect(
            text.split(separator: "\n")[3]
                == "  - { source: { namespace: shop, workload: a0, kind: Deployment }, destination: { namespace: \"reserved:world\" }, protocol: tcp, port: 0, first_seen: \"2026-11-16T00:00:00Z\", last_seen: \"2026-11-16T00:02:30Z\", approved: true }"
        )
        #expect(try BaselineText.baseline(text, name: "b.yaml") == baseline)
    }

    @Test("How many edges of a baseline there was room for is told")
    func fullBaseline() {
        var detection = Detection([Self.learning]) { $0.maxEdges = 100 }
        let edges = (0..<250).map { number in
            let source = WorkloadName(namespace: "shop", kind: "Deployment", name: "a\(number)")
            return Baseline.Edge(edge: EdgeName(source: source, destination: source, protocolNumber: 6, port: 80))
        }
        #expect(detection.add(Baseline(edges: Array(edges.prefix(50)))) == 50)
        #expect((90...100).contains(detection.add(Baseline(edges: edges))))
        #expect(detection.edgeCounts.known <= 100)
    }

    @Test("What is wrong in a baseline is told with its line, far behind too")
    func baselineMistakes() throws {
        var lines = ["learned_since: never", "edges:"]
        for number in 0..<2500 {
            lines.append("  - { source: { namespace: a }, destination: { namespace: b }, protocol: \(number == 2000 ? "tpc" : "tcp"), port: 1 }")
        }
        lines.append("egdes: []")
        do {
            _ = try BaselineText.baseline(lines.joined(separator: "\n"), name: "b.yaml")
            Issue.record("read")
        } catch {
            #expect(
                Set(error.problems.map(\.description)) == [
                    "b.yaml:1: learned_since: \"never\" is not a time (try \"2026-11-21T20:00:00Z\")",
                    "b.yaml:2003: edges[0].protocol: \"tpc\" is not a protocol (try tcp, udp, icmp, icmpv6, sctp, 47)",
                    "b.yaml:2503: egdes: there is no such key (did you mean edges?)",
                ])
        }
    }

    @Test("With a baseline that is complete, what is not in it is new at once")
    mutating func complete() throws {
        var detection = Detection([Self.learning])
        detection.begin(
            with: try BaselineText.baseline(
                "edges:\n  - { source: { namespace: shop, workload: a, kind: Deployment }, destination: { namespace: pay, workload: db, kind: Deployment }, protocol: tcp, port: 5432 }",
                name: "b.yaml"))
        let found = detection.findings(make.tick(0, edges: [make.edge("shop/a", "pay/db", 5432), make.edge("web/x", "pay/db", 5432)]))
        #expect(found.map(\.labels["source_namespace"]) == ["web"])
    }
}
