import FlowModel
import Identity
import Testing
import Windows

import Detection

@Suite("What kinds find")
struct KindTests {
    private var make = TickMaker()

    private static func rule(_ kind: Rule.Kind, _ change: (inout Rule) -> Void = { _ in }) -> Rule {
        var rule = Rule(name: "R", kind: kind)
        change(&rule)
        return rule
    }

    // MARK: Threshold

    @Test("A threshold is compared with the average over its window, for each set of labels")
    mutating func threshold() {
        var settings = Rule.ThresholdSettings()
        settings.above = 100
        var rule = Rule(name: "R", kind: .threshold)
        rule.quantity = .packets
        rule.settings = .threshold(settings)
        var detection = Detection([rule])
        func tick(_ number: Int64, _ packets: Int64) -> ClosedTick {
            make.tick(
                number,
                [
                    make.series("shop/a", "pay/x") { $0.packets = packets / 2 }, make.series("shop/b", "pay/y") { $0.packets = packets / 2 },
                    make.series("other/a", "pay/x") { $0.packets = 10 },
                ])
        }
        // 100 packets/s over a minute are 6000; a tick of 6002 is one more.
        #expect(detection.findings(tick(0, 5000)).isEmpty)
        let found = detection.findings(tick(1, 1100))
        #expect(found.map(\.labels) == [["source_namespace": "shop", "destination_namespace": "pay"]])
        #expect(found.first?.measure.value == 6100 / 60.0)
        #expect(found.first?.history == [5000 / 15.0, 1100 / 15.0])
        #expect(found.first?.words == "shop → pay: 102 packets/s of packets over the last 60 s; told above 100 packets/s")
        if case .pairs(let pairs) = found.first?.scope { #expect(pairs.count == 2) } else { Issue.record("no pairs") }
        for number in 2...4 { _ = detection.findings(tick(Int64(number), 0)) }
        #expect(detection.findings(tick(5, 0)).isEmpty)
        // The plot reaches back beyond the window, for five minutes.
        for number in 6...23 { _ = detection.findings(tick(Int64(number), Int64(number))) }
        let again = detection.findings(tick(24, 6000)).first
        #expect(again?.history.count == 20 && again?.history.prefix(2) == [0, 6 / 15.0] && again?.history.last == 400)
        // Of a tick that nobody told of whole there is nothing to draw.
        _ = detection.findings(make.tick(25, [make.series("shop/a", "pay/x", missing: true) { $0.packets = 10 }]))
        let gap = detection.findings(tick(26, 6000)).first?.history ?? []
        #expect(gap.suffix(3).map { $0.isNaN ? -1 : $0 } == [400, -1, 400])
    }

    @Test("A filter takes what matches one of its patterns and none of those with !")
    mutating func filter() {
        var settings = Rule.ThresholdSettings()
        settings.above = 0
        let rule = Self.rule(.threshold) {
            $0.settings = .threshold(settings)
            $0.by = [.sourceNamespace]
            $0.filter.sourceNamespace = NamePatterns(["shop-*", "!shop-test"])
            $0.filter.destinationWorkload = NamePatterns(["!db"])
        }
        var detection = Detection([rule])
        let found = detection.findings(
            make.tick(
                0,
                [
                    make.series("shop-a/w", "pay/x") { $0.bytes = 15 }, make.series("shop-test/w", "pay/x") { $0.bytes = 15 },
                    make.series("shop-b/w", "pay/db") { $0.bytes = 15 }, make.series("web/w", "pay/x") { $0.bytes = 15 },
                ]))
        #expect(found.map(\.labels) == [["source_namespace": "shop-a"]])
    }

    // MARK: Drops

    @Test("Two lost packets of three are no alert; one in a hundred of many is one")
    mutating func drops() {
        var detection = Detection([Self.rule(.drops)])
        #expect(
            detection.findings(
                make.tick(
                    0,
                    [
                        make.series("shop/a", "pay/x") {
                            $0.packets = 3
                            $0.droppedPackets = 2
                        }
                    ])
            ).isEmpty)
        let found = detection.findings(
            make.tick(
                1,
                [
                    make.series("shop/a", "pay/x") {
                        $0.packets = 2997
                        $0.droppedPackets = 58
                    }
                ]))
        #expect(found.first?.labels["signal"] == "flows" && found.first?.labels["source_workload"] == "a")
        #expect(found.first?.measure.value == 0.02)
        #expect(found.first?.history == [2 / 3.0, 58 / 2997.0])
        #expect(
            found.first?.words == "shop/a → pay/x: 2 % of the packets of the last 60 s were dropped, 60 of 3000, by flow records; told from 1 % on")
    }

    @Test("An interface that discards is told of by its own counters")
    mutating func interfaceDrops() {
        var detection = Detection([Self.rule(.drops)])
        var tick = make.tick(0)
        tick.interfaces = [interface("eth0", discards: 100, packets: 9900)]
        let found = detection.findings(tick)
        #expect(found.first?.labels == ["exporter": "sw", "node": "node-1", "interface": "eth0", "direction": "out", "signal": "interface"])
        #expect(found.first?.measure.value == 0.01)
        // It is not told of in each tick, and for its plot beyond its window.
        #expect(detection.findings(make.tick(2)).first?.history == [0.01, 0.01, 0.01])
        #expect(detection.findings(make.tick(4)).isEmpty)
        tick = make.tick(10)
        tick.interfaces = [interface("eth0", discards: 500, packets: 9500)]
        let again = detection.findings(tick).first
        #expect(again?.measure.value == 0.05)
        #expect(again?.history == [Double](repeating: 0.01, count: 10) + [0.05])
        for number in 11...20 { _ = detection.findings(make.tick(Int64(number))) }
        tick.number += 11
        #expect(detection.findings(tick).first?.history == [Double](repeating: 0.05, count: 12))
    }

    private func interface(
        _ name: String, octets: UInt64 = 0, discards: UInt64 = 0, packets: UInt64 = 1000, speed: UInt64 = 10_000_000_000
    ) -> ClosedTick.Interface {
        ClosedTick.Interface(
            exporter: "sw", node: "node-1", interface: name, direction: "out", octets: octets, packets: packets, discards: discards, errors: 0,
            duration: 20_000_000_000, speed: speed)
    }

    // MARK: Congestion

    @Test("A physical interface that is nearly full is congested; a virtual one, or one without a true speed, is not")
    mutating func utilisation() {
        var detection = Detection([Self.rule(.congestion)])
        var tick = make.tick(0)
        let full: UInt64 = 23_750_000_000  // 95 % of 10 Gbit/s over 20 s
        tick.interfaces = [
            interface("eth0", octets: full), interface("veth12", octets: full), interface("0123456789abcde", octets: full),
            interface("eth1", octets: full, speed: 0), interface("p1", octets: full / 100, speed: 100_000_000), interface("eth2", octets: 2 * full),
        ]
        let found = detection.findings(tick)
        #expect(found.map(\.labels["interface"]) == ["eth0"])
        #expect(found.first?.labels["signal"] == "utilisation" && found.first?.measure.value == 0.95)
        #expect(detection.findings(make.tick(1)).first?.history == [0.95, 0.95])
        #expect(found.first?.words == "interface eth0 of sw, out: 95 % of its 10Gbit/s were used over 20 s, by its own counters; told from 90 % on")
    }

    @Test("Marks make congestion; resets and unanswered connections only support it")
    mutating func marks() {
        var detection = Detection([Self.rule(.congestion)])
        let found = detection.findings(
            make.tick(
                0,
                [
                    make.series("shop/a", "pay/x") {
                        $0.packets = 20_000
                        $0.ecnMarkedPackets = 2000
                        $0.synRecords = 100
                        $0.resetRecords = 50
                    },
                    make.series("shop/b", "pay/x") {
                        $0.packets = 20_000
                        $0.synRecords = 100
                        $0.resetRecords = 100
                        $0.unansweredRecords = 100
                    },
                ]))
        #expect(found.count == 1)
        #expect(found.first?.labels["signal"] == "ecn" && found.first?.labels["source_workload"] == "a")
        #expect(found.first?.details == ["Beside it, 50 of 100 TCP records were reset."])
        #expect(found.first?.history == [0.1])
    }

    @Test("What one node sent and the other never saw is congestion between them")
    mutating func nodeLoss() {
        var detection = Detection([Self.rule(.congestion)])
        var tick = make.tick(0)
        tick.nodePairs = [
            ClosedTick.NodePair(source: "n1", destination: "n2", sent: 100_000, received: 98_000),
            ClosedTick.NodePair(source: "n2", destination: "n1", sent: 100_000, received: 99_900),
            ClosedTick.NodePair(source: "n1", destination: "n3", sent: 100, received: 1),
        ]
        let found = detection.findings(tick)
        #expect(found.map(\.labels) == [["source_node": "n1", "destination_node": "n2", "signal": "node_loss"]])
        #expect(found.first?.measure.value == 0.02)
        tick.number += 4
        tick.nodePairs = [ClosedTick.NodePair(source: "n1", destination: "n2", sent: 100_000, received: 110_000)]
        #expect(detection.findings(tick).isEmpty)
        tick.number += 4
        tick.nodePairs[0].received = 80_000
        #expect(detection.findings(tick).first?.history == [0.02, 0.02, 0.02, 0.02, 0, 0, 0, 0, 0.2])
    }

    // MARK: Connections

    @Test("A destination whose connections get no answer is told of, from a minimum of connections on")
    mutating func connectionFailures() {
        var detection = Detection([Self.rule(.connectionFailures)])
        func tick(_ number: Int64, _ connections: Int64, _ unanswered: Int64) -> ClosedTick {
            make.tick(
                number,
                [
                    make.series("shop/a", "pay/x") {
                        $0.synRecords = connections
                        $0.unansweredRecords = unanswered
                    }
                ])
        }
        #expect(detection.findings(tick(0, 100, 100)).isEmpty)
        let found = detection.findings(tick(1, 100, 20))
        #expect(found.first?.labels == ["destination_namespace": "pay", "destination_workload": "x"])
        #expect(found.first?.measure.value == 0.6)
        #expect(found.first?.history == [1, 0.2])
        #expect(detection.findings(tick(2, 1000, 10)).isEmpty)
    }

    @Test("What a scanner tries in vain is not held against its destinations, and the scanner is found")
    mutating func scan() {
        var scan = Rule(name: "S", kind: .scan)
        scan.filter.sourceNamespace = NamePatterns(["!reserved:world"])
        var detection = Detection([scan, Self.rule(.connectionFailures)])
        var tick = make.tick(0, [])
        let series = make.series("batch/job", "shop/web") {
            $0.synRecords = 1000
            $0.unansweredRecords = 1000
        }
        tick = make.tick(0, [series])
        let job = make.number("batch/job")
        tick.fanOuts = [
            fanOut(job, ports: 60, connections: 1000, failures: 950),
            // Many new destinations that answer: a Prometheus on the first day.
            fanOut(make.number("monitoring/prometheus"), ports: 3000, connections: 3000, failures: 3, knownTicks: 20),
            fanOut(make.number("reserved:world"), ports: 3000, connections: 3000, failures: 3000),
        ]
        tick.workloads = make.workloads
        let found = detection.findings(tick)
        #expect(found.map(\.labels) == [["source_namespace": "batch", "source_workload": "job"]])
        #expect(found.first?.measure.unit == "ports" && found.first?.measure.value == 60)
        // The other one is found, too, when it is known for a day where it used to go.
        var later = make.tick(6000, [])
        later.fanOuts = tick.fanOuts
        later.fanOuts[1].knownTicks = 5759
        #expect(detection.findings(later).map(\.labels["source_workload"]) == ["job"])
        later.number += 1
        later.fanOuts[1].knownTicks = 5760
        #expect(Set(detection.findings(later).map(\.labels["source_workload"])) == ["job", "prometheus"])
    }

    private func fanOut(
        _ workload: WorkloadNumber, ports: Double, connections: Int64, failures: Int64, knownTicks: Int64 = .max
    ) -> ClosedTick.FanOut {
        var fanOut = ClosedTick.FanOut(
            source: EndpointNumber(rawValue: 7), workload: workload, destinations: 5, newDestinations: 5, ports: ports, newPorts: ports,
            connections: connections, failures: failures, examples: [])
        fanOut.knownTicks = knownTicks
        return fanOut
    }

    // MARK: Exporters

    private func exporter(_ change: (inout ClosedTick.Exporter) -> Void) -> ClosedTick.Exporter {
        var exporter = ClosedTick.Exporter(
            name: "ovs-1", address: "192.0.2.1", node: "n1", protocols: ["ipfix"], silence: 0, lost: 0, received: 100, missingTemplates: 0,
            unknownSampling: 0, clockOffset: 0.2, isSampled: false, activeTimeout: 60)
        change(&exporter)
        return exporter
    }

    @Test(
        "An exporter's problems are told apart",
        arguments: [Rule.ExporterSettings.Problem.silent, .losing, .missingTemplates, .unknownSampling, .clockOff])
    func exporters(_ problem: Rule.ExporterSettings.Problem) {
        var rule = Rule(name: "R", kind: .exporter)
        rule.settings = .exporter(Rule.ExporterSettings(problem))
        var detection = Detection([rule])
        func findings(_ number: Int64, _ change: (inout ClosedTick.Exporter) -> Void) -> [Finding] {
            var tick = make.tick(number)
            tick.exporters = [exporter(change)]
            return detection.findings(tick)
        }
        #expect(findings(0) { _ in }.isEmpty)
        // Each just short of what its rule tells of.
        #expect(
            findings(1) {
                $0.silence = 359_000_000_000
                $0.lost = 1
                $0.clockOffset = -9.9
            }.isEmpty)
        let found = findings(2) {
            // What the clock of a silent one says, nobody knows.
            if problem != .clockOff { $0.silence = 360_000_000_000 }
            $0.lost = 10
            $0.missingTemplates = 1
            $0.unknownSampling = 1
            $0.clockOffset = -10
        }
        #expect(found.map(\.labels) == [["exporter": "ovs-1", "node": "n1", "problem": problem.rawValue]])
        if problem == .clockOff { #expect(found.first?.words == "the clock of ovs-1 is 10 s behind") }
    }

    @Test("An exporter that stays away is told of for a day, and one that is not expected any more is not told of")
    func goneExporters() {
        var rules: [Rule] = []
        for problem in [Rule.ExporterSettings.Problem.silent, .clockOff] {
            var rule = Rule(name: problem.rawValue, kind: .exporter)
            rule.settings = .exporter(Rule.ExporterSettings(problem))
            rules.append(rule)
        }
        var detection = Detection(rules)
        var number: Int64 = 0
        func problems(silence seconds: Int64, isExpected: Bool = true) -> [String?] {
            number += 1
            var tick = make.tick(number)
            tick.exporters = [
                exporter {
                    $0.silence = seconds * 1_000_000_000
                    $0.clockOffset = 100
                    $0.isExpected = isExpected
                }
            ]
            return detection.findings(tick).map(\.labels["problem"])
        }
        #expect(problems(silence: 0) == ["clock_off"])
        #expect(problems(silence: 360) == ["silent"])
        #expect(problems(silence: 360 + 86_399) == ["silent"])
        #expect(problems(silence: 360 + 86_400).isEmpty)
        #expect(problems(silence: 400, isExpected: false).isEmpty)
        #expect(problems(silence: 0, isExpected: false).isEmpty)
    }

    // MARK: What says nothing

    @Test("Ticks that say too little or too much of a series count for no window", arguments: [true, false])
    mutating func uncertain(_ isMissing: Bool) {
        var settings = Rule.ThresholdSettings()
        settings.above = 100
        let rules = [
            Self.rule(.threshold) { $0.settings = .threshold(settings) }, Rule(name: "D", kind: .drops), Rule(name: "C", kind: .congestion),
            Rule(name: "F", kind: .connectionFailures),
        ]
        func lump(_ number: Int64, isUncertain: Bool) -> ClosedTick {
            var series = make.series("shop/a", "pay/x") {
                $0.bytes = 1_000_000_000
                $0.packets = 1_000_000
                $0.droppedPackets = 100_000
                $0.ecnMarkedPackets = 100_000
                $0.synRecords = 10_000
                $0.unansweredRecords = 10_000
            }
            if isUncertain {
                series.isMissing = isMissing
                series.isUnsteady = !isMissing
            }
            return make.tick(number, [series])
        }
        var detection = Detection(rules)
        #expect(detection.findings(lump(0, isUncertain: true)).isEmpty)
        #expect(detection.findings(lump(1, isUncertain: false)).count == 4)
    }

    @Test("A rule for some of the traffic says nothing of interfaces and nodes, which carry all of it", arguments: [Rule.Kind.drops, .congestion])
    mutating func filteredInterfaces(_ kind: Rule.Kind) {
        var tick = make.tick(0)
        tick.interfaces = [interface("eth0", octets: 23_750_000_000, discards: 100, packets: 900)]
        tick.nodePairs = [ClosedTick.NodePair(source: "n1", destination: "n2", sent: 100_000, received: 90_000)]
        var open = Detection([Self.rule(kind)])
        #expect(!open.findings(tick).isEmpty)
        var filtered = Detection([Self.rule(kind) { $0.filter.destinationNamespace = NamePatterns(["pay"]) }])
        #expect(filtered.findings(tick).isEmpty)
        #expect(filtered.availability.map(\.signal) == [kind == .drops ? "flow_drops" : "ecn"])
    }

    @Test("An interface that was once faster than it says has no true speed, until it says another")
    mutating func falseSpeed() {
        var detection = Detection([Self.rule(.congestion)])
        let full: UInt64 = 23_750_000_000
        func utilised(_ number: Int64, _ octets: UInt64, speed: UInt64 = 10_000_000_000) -> Bool {
            var tick = make.tick(number)
            tick.interfaces = [interface("eth0", octets: octets, speed: speed)]
            return !detection.findings(tick).isEmpty
        }
        #expect(utilised(0, full))
        for number in 1...6 { _ = utilised(Int64(number), 2 * full) }
        for number in 20...30 { #expect(!utilised(Int64(number), full)) }
        #expect(utilised(60, full * 4, speed: 40_000_000_000))
    }

    // MARK: A clock that was ahead

    @Test("When a clock that was ahead is set back, windows begin anew, and ticks of the last hour are ignored")
    mutating func clockSetBack() {
        var settings = Rule.ThresholdSettings()
        settings.above = 100
        var detection = Detection([Self.rule(.threshold) { $0.settings = .threshold(settings) }])
        func tick(_ number: Int64, _ bytes: Int64) -> ClosedTick { make.tick(number, [make.series("shop/a", "pay/x") { $0.bytes = bytes }]) }
        #expect(detection.findings(tick(100_000, 1_000_000)).count == 1)
        #expect(detection.evaluate(tick(100_000 - 240, 1_000_000)).isEmpty)
        #expect(detection.findings(tick(0, 10)).isEmpty)
        #expect(detection.evaluate(tick(1, 10)).count == 1)
        #expect(detection.findings(tick(2, 1_000_000)).count == 1)
    }

    // MARK: A part of the cluster

    @Test("Where a part of the cluster is seen, rules that need all of it are off with a reason, and findings say whose they are")
    mutating func partly() {
        var settings = Rule.ThresholdSettings()
        settings.above = 0
        var threshold = Rule(name: "T", kind: .threshold)
        threshold.settings = .threshold(settings)
        var exporterRule = Rule(name: "E", kind: .exporter)
        exporterRule.settings = .exporter(Rule.ExporterSettings(.clockOff))
        var detection = Detection([threshold, exporterRule], seesWholeCluster: false, collector: "node-7")
        var tick = make.tick(0, [make.series("a/b", "c/d") { $0.bytes = 1 }])
        tick.exporters = [exporter { $0.clockOffset = 100 }]
        let reports = detection.evaluate(tick)
        #expect(reports.map(\.rule.name) == ["E"])
        #expect(reports.first?.findings.first?.labels["collector"] == "node-7")
        let off = detection.availability.first { $0.rule == "T" }
        #expect(off?.isAvailable == false && off?.reason == "needs the whole cluster, of which this instance sees a part")
    }

    @Test("What no exporter carries is said to be not detectable")
    mutating func availability() {
        make.signals = [.flows, .ecn]
        var detection = Detection([Self.rule(.congestion)])
        _ = detection.evaluate(make.tick(0))
        let signals = detection.availability
        #expect(signals.filter(\.isAvailable).map(\.signal) == ["ecn"])
        #expect(
            signals.first { $0.signal == "node_loss" }?.reason
                == "not detectable with this export: no traffic is seen at both its source's and its destination's node")
    }
}
