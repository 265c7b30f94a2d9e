import FlowModel
import Identity
import Testing

/// Several vantage points of one node, as time passes.
@Suite("Which vantage point of a node counts")
struct VantageElectionTests {
    private static let start = Timestamp(seconds: 1_795_233_600)
    private static let here = IPAddress(v4: 0xC0A8_0001)

    /// An election with the vantage points of one node.
    private struct Node {
        var election: VantageElection
        var now = VantageElectionTests.start
        var numbers: [String: VantageNumber] = [:]

        init(_ preference: VantagePreference = VantagePreference()) {
            election = VantageElection(preference: preference)
        }

        mutating func claim(
            _ name: String, _ exportProtocol: ExportProtocol, domain: UInt32 = 0, _ parts: Vantage.Part = .home, exporter: IPAddress = here
        ) {
            numbers[name] = election.claim(
                parts, of: "node-1", by: VantagePoint(exportProtocol: exportProtocol, exporter: exporter), domains: [domain],
                number: numbers[name] ?? .none, at: now)
        }

        func counts(_ name: String) -> Vantage.Part { numbers[name].flatMap { election.roles[$0]?.counts } ?? [] }

        /// Lets time pass in which these report so many packets a second, of pairs from the given range on.
        mutating func pass(
            _ duration: Int, _ reports: [String: (packets: UInt64, pairs: UInt32)], part: Vantage.Part = .home, isSampled: Bool = false
        ) {
            for _ in 0..<duration / 2 {
                now = now.advanced(by: 2_000_000_000)
                var evidence: [VantageNumber: VantageEvidence] = [:]
                for (name, report) in reports {
                    guard let number = numbers[name] else { continue }
                    var reported = VantageEvidence()
                    for pair in 0..<UInt32(100) {
                        var flow = Flow()
                        flow.source = IPAddress(v4: report.pairs + pair)
                        flow.destination = IPAddress(v4: 0x0A00_0001)
                        flow.packets = report.packets * 2 / 100
                        flow.samplingRate = isSampled ? 400 : 1
                        reported.note(flow, part)
                    }
                    evidence[number, default: VantageEvidence()].add(reported)
                }
                election.review(evidence, at: now)
            }
        }
    }

    @Test("A single one counts all, and need not show what it sees")
    func single() {
        var node = Node()
        node.claim("ipfix", .ipfix)
        #expect(node.counts("ipfix") == .all)
        #expect(node.election.roles[node.numbers["ipfix"] ?? .none]?.isWatched == false)
    }

    @Test("Of two protocols at once the preferred one counts, whichever came first", arguments: [true, false])
    func preference(ipfixFirst: Bool) {
        var node = Node()
        for name in ipfixFirst ? ["ipfix", "netflow"] : ["netflow", "ipfix"] { node.claim(name, name == "ipfix" ? .ipfix : .netflow5) }
        #expect(node.counts("ipfix").contains(.home) && !node.counts("netflow").contains(.home))
        node.pass(600, ["ipfix": (1000, 1), "netflow": (1000, 1)])
        #expect(node.counts("ipfix").contains(.home) && !node.counts("netflow").contains(.home))
    }

    @Test("Preferences are configured by protocol, and by exporter before that")
    func configured() {
        var byProtocol = Node(VantagePreference(protocols: [.sflow5, .ipfix]))
        byProtocol.claim("ipfix", .ipfix)
        byProtocol.claim("sflow", .sflow5)
        #expect(byProtocol.counts("sflow").contains(.home) && !byProtocol.counts("ipfix").contains(.home))
        let other = IPAddress(v4: 0xC0A8_0002)
        var byExporter = Node(VantagePreference(exporters: [other: 1]))
        byExporter.claim("ipfix", .ipfix)
        byExporter.claim("other", .netflow5, exporter: other)
        #expect(byExporter.counts("other").contains(.home) && !byExporter.counts("ipfix").contains(.home))
    }

    @Test("A preferred one that comes later takes over once it has shown for two minutes that it sees as much")
    func later() {
        var node = Node()
        node.claim("netflow", .netflow5)
        node.pass(300, ["netflow": (1000, 1)])
        node.claim("ipfix", .ipfix)
        node.pass(60, ["netflow": (1000, 1), "ipfix": (1000, 1)])
        #expect(node.counts("netflow").contains(.home) && !node.counts("ipfix").contains(.home))
        node.pass(64, ["netflow": (1000, 1), "ipfix": (1000, 1)])
        #expect(!node.counts("netflow").contains(.home) && node.counts("ipfix").contains(.home))
    }

    @Test("A preferred one that sees little neither takes over nor keeps the lead")
    func partial() {
        var node = Node()
        node.claim("sflow", .sflow5)
        node.pass(300, ["sflow": (1000, 1)])
        node.claim("ipfix", .ipfix)
        node.pass(600, ["sflow": (1000, 1), "ipfix": (100, 1)])
        #expect(node.counts("sflow").contains(.home) && !node.counts("ipfix").contains(.home))
        // Where both are new the preferred one is first believed.
        var fresh = Node()
        fresh.claim("sflow", .sflow5)
        fresh.claim("ipfix", .ipfix)
        #expect(fresh.counts("ipfix").contains(.home))
        fresh.pass(122, ["sflow": (1000, 1), "ipfix": (100, 1)])
        #expect(fresh.counts("sflow").contains(.home) && !fresh.counts("ipfix").contains(.home))
    }

    @Test("Where the leader falls silent for a minute the next one takes over, and does not give the lead back at once")
    func silence() {
        var node = Node()
        node.claim("netflow", .netflow5)
        node.claim("ipfix", .ipfix)
        node.claim("sflow", .sflow5)
        node.pass(120, ["ipfix": (1000, 1), "netflow": (1000, 1), "sflow": (1000, 1)])
        node.pass(50, ["netflow": (1000, 1), "sflow": (1000, 1)])
        #expect(node.counts("ipfix").contains(.home), "an idle moment is no silence")
        node.pass(14, ["netflow": (1000, 1), "sflow": (1000, 1)])
        #expect(!node.counts("ipfix").contains(.home) && node.counts("netflow").contains(.home) && !node.counts("sflow").contains(.home))
        node.pass(60, ["ipfix": (1000, 1), "netflow": (1000, 1), "sflow": (1000, 1)])
        #expect(node.counts("netflow").contains(.home) && !node.counts("ipfix").contains(.home))
        node.pass(240, ["ipfix": (1000, 1), "netflow": (1000, 1), "sflow": (1000, 1)])
        #expect(node.counts("ipfix").contains(.home) && !node.counts("netflow").contains(.home))
    }

    @Test("When all were idle together nobody has fallen silent")
    func idle() {
        var node = Node()
        node.claim("netflow", .netflow5)
        node.claim("ipfix", .ipfix)
        node.pass(120, ["ipfix": (1000, 1), "netflow": (1000, 1)])
        node.now = node.now.advanced(by: 3_600_000_000_000)
        node.pass(10, ["netflow": (1000, 1)])
        #expect(node.counts("ipfix").contains(.home) && !node.counts("netflow").contains(.home))
        node.pass(60, ["ipfix": (1000, 1), "netflow": (1000, 1)])
        #expect(node.counts("ipfix").contains(.home) && !node.counts("netflow").contains(.home))
    }

    @Test("An exporter of another interface that reports no packets of pods leaves these to the bridge's, and counts what it alone reports")
    func parts() {
        var node = Node()
        node.claim("nic", .ipfix, .homeless, exporter: IPAddress(v4: 0xC0A8_0002))
        node.claim("bridge", .sflow5, .home)
        #expect(node.counts("nic") == .homeless && node.counts("bridge") == .home)
    }

    @Test("One that is shown to see other packets counts beside the leader")
    func besides() {
        var node = Node()
        node.claim("one", .ipfix, domain: 1)
        node.claim("two", .ipfix, domain: 2)
        #expect(node.counts("one").contains(.home) && !node.counts("two").contains(.home))
        node.pass(602, ["one": (1000, 0x0A10_0000), "two": (1000, 0x0A20_0000)])
        #expect(node.counts("one").contains(.home) && node.counts("two").contains(.home))
        node.pass(602, ["one": (1000, 0x0A10_0000), "two": (1000, 0x0A10_0000)])
        #expect(node.counts("one").contains(.home) && !node.counts("two").contains(.home))
    }

    @Test("Nothing is concluded from other pairs where the leader is sampled")
    func sampled() {
        var node = Node()
        node.claim("one", .ipfix, domain: 1)
        node.claim("two", .ipfix, domain: 2)
        node.pass(602, ["one": (1000, 0x0A10_0000), "two": (1000, 0x0A20_0000)], isSampled: true)
        #expect(node.counts("one").contains(.home) && !node.counts("two").contains(.home))
    }

    @Test("A session in a domain that is known is the same vantage point, and so are the domains of one session")
    func restarts() {
        var node = Node()
        node.claim("first", .ipfix, domain: 7)
        node.claim("first", .ipfix, domain: 9)
        node.claim("restarted", .ipfix, domain: 9)
        #expect(node.numbers["first"] == node.numbers["restarted"])
        #expect(node.counts("restarted") == .all)
    }

    @Test("Vantage points beyond sixteen of a node count nothing, until one has been silent for long")
    func bounds() {
        var node = Node()
        for domain in 0..<20 as Range<UInt32> { node.claim("\(domain)", .ipfix, domain: domain) }
        #expect(node.counts("0").contains(.home) && node.counts("15") == .homeless && node.counts("16") == [])
        node.now = node.now.advanced(by: 601_000_000_000)
        node.numbers["16"] = nil
        node.claim("16", .ipfix, domain: 16)
        #expect(node.counts("16").contains(.homeless))
        #expect(node.election.roles[node.numbers["0"] ?? .none] == nil, "it has to make itself known again")
    }

    @Test("Nodes are forgotten when they are gone, and no other node is concerned")
    func nodes() {
        var node = Node()
        node.claim("ipfix", .ipfix)
        let point = VantagePoint(exportProtocol: .netflow5, exporter: Self.here)
        let other = node.election.claim(.all, of: "node-2", by: point, domains: [0], number: .none, at: node.now)
        #expect(node.counts("ipfix") == .all && node.election.roles[other]?.counts == .all)
        node.election.clean(at: node.now) { $0 == "node-1" }
        #expect(node.election.roles[other] == nil && node.counts("ipfix") == .all)
    }
}

@Suite("Samples of pairs")
struct PairSketchTests {
    private func sketch(_ pairs: Range<UInt32>) -> PairSketch {
        var sketch = PairSketch()
        for pair in pairs { sketch.insert(IPAddress(v4: pair), IPAddress(v4: 1)) }
        return sketch
    }

    @Test("The overlap is that of the smaller set")
    func overlap() throws {
        #expect(sketch(0..<10).overlap(with: sketch(0..<10)) == nil, "too few")
        #expect(sketch(0..<50).overlap(with: sketch(0..<50)) == 1)
        #expect(sketch(0..<50).overlap(with: sketch(1000..<1050)) == 0)
        #expect(sketch(0..<5000).overlap(with: sketch(0..<5000)) == 1)
        #expect(sketch(0..<5000).overlap(with: sketch(10_000..<15_000)) == 0)
        let half = try #require(sketch(0..<5000).overlap(with: sketch(2500..<7500)))
        #expect(half > 0.3 && half < 0.7)
        #expect(try #require(sketch(0..<5000).overlap(with: sketch(0..<1000))) > 0.9)
    }

    @Test("Neither order nor repetition matters, nor whether it was put together")
    func merging() {
        var backwards = PairSketch()
        for pair in (0..<3000 as Range<UInt32>).reversed() { backwards.insert(IPAddress(v4: pair), IPAddress(v4: 1)) }
        var merged = sketch(0..<1700)
        merged.merge(sketch(1500..<3000))
        #expect(backwards == sketch(0..<3000) && merged == backwards)
    }
}
