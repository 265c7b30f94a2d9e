import FlowModel
import Identity
import Support
import Testing
import Windows

import Detection

@Suite("Spikes and silence")
struct ChangeTests {
    /// Three days: detectors know their series then.
    private static let warm: Int64 = 3 * 5760
    private static let usual: Int64 = 30_000_000  // 2 MB/s

    private var make = TickMaker()
    private var generator = SeededGenerator(seed: 5)

    private mutating func tick(_ number: Int64, _ pairs: [(String, String, Double)]) -> ClosedTick {
        make.tick(
            number,
            pairs.map { source, destination, factor in
                let noise = Double.random(in: 0.9...1.1, using: &generator)
                return make.series(source, destination) { $0.bytes = Int64(Double(Self.usual) * factor * noise) }
            })
    }

    private static var spike: Rule { Rule(name: "Spike", kind: .spike) }

    /// A detection that knows these pairs for three days.
    private mutating func warmed(_ rules: [Rule], _ pairs: [(String, String)]) -> Detection {
        var detection = Detection(rules)
        for number in 0..<Self.warm { #expect(detection.findings(tick(number, pairs.map { ($0.0, $0.1, 1) })).isEmpty) }
        return detection
    }

    @Test("A series far above what it does is told of with its numbers, until it is back")
    mutating func single() {
        var detection = warmed([Self.spike], [("shop/a", "pay/x"), ("web/a", "db/x")])
        var found = detection.findings(tick(Self.warm, [("shop/a", "pay/x", 10), ("web/a", "db/x", 1)]))
        #expect(found.map(\.labels) == [["source_namespace": "shop", "destination_namespace": "pay"]])
        let finding = found.first
        #expect(finding?.measure.unit == "bytes/s" && finding?.measure.judge == "tailguard")
        #expect((17e6...23e6).contains(finding?.measure.value ?? 0) && (1.8e6...2.2e6).contains(finding?.measure.expected ?? 0))
        #expect(finding?.words.hasPrefix("shop → pay: ") == true && finding?.words.hasSuffix(" is usual") == true)
        #expect(finding?.history.count == 120 && finding?.expectedHistory.count == 120 && (finding?.history.last ?? 0) > 17e6)
        for number in 1...18 {
            found = detection.findings(tick(Self.warm + Int64(number), [("shop/a", "pay/x", 1), ("web/a", "db/x", 1)]))
            #expect(found.count == 1)
        }
        for number in 19...60 { found = detection.findings(tick(Self.warm + Int64(number), [("shop/a", "pay/x", 1), ("web/a", "db/x", 1)])) }
        #expect(found.isEmpty)
    }

    @Test("Below its floor nothing is a spike")
    mutating func floor() {
        var rule = Self.spike
        var settings = Rule.ChangeSettings()
        settings.floor = 50_000_000
        rule.settings = .spike(settings)
        var detection = warmed([rule], [("shop/a", "pay/x")])
        #expect(detection.findings(tick(Self.warm, [("shop/a", "pay/x", 10)])).isEmpty)
        #expect(detection.findings(tick(Self.warm + 1, [("shop/a", "pay/x", 60)])).count == 1)
    }

    @Test("A series that falls silent is told of, and one of which an exporter was away is not")
    mutating func silence() {
        var detection = warmed([Rule(name: "Silence", kind: .silence)], [("shop/a", "pay/x"), ("web/a", "db/x")])
        let gone = [make.series("shop/a", "pay/x") { _ in }, make.series("web/a", "db/x", missing: true) { _ in }]
        let found = detection.findings(make.tick(Self.warm, gone))
        #expect(found.map(\.labels["source_namespace"]) == ["shop"])
        #expect(found.first?.measure.value == 0)
    }

    @Test("Spikes at once that share a source are one finding, whose labels stay while any of them is open")
    mutating func together() {
        let destinations = ["pay/x", "db/x", "web/x"]
        var detection = warmed([Self.spike], destinations.map { ("shop/a", $0) } + [("other/a", "more/x")])
        func now(_ number: Int64, _ factors: [Double]) -> [Finding] {
            detection.findings(tick(Self.warm + number, zip(destinations, factors).map { ("shop/a", $0, $1) } + [("other/a", "more/x", 1)]))
        }
        var found = now(0, [10, 20, 1])
        let labels = ["source_namespace": "shop", "grouped_by": "source"]
        #expect(found.map(\.labels) == [labels])
        #expect(found.first?.words.hasPrefix("2 series from shop are far above what they usually are at once; most of all shop → db: ") == true)
        #expect(found.first?.details.count == 3)
        if case .pairs(let pairs) = found.first?.scope { #expect(pairs.count == 2) } else { Issue.record("no pairs") }
        // One that follows joins, and the labels stay when the first ones are back.
        found = now(1, [1, 1, 15])
        #expect(found.map(\.labels) == [labels])
        #expect(found.first?.details.count == 4)
        for number in 2...19 { found = now(Int64(number), [1, 1, 15]) }
        for number in 20...40 { found = now(Int64(number), [1, 1, 15]) }
        #expect(found.map(\.labels) == [labels])
    }

    @Test("What spikes on one node at once, and shares nothing else, is one finding of that node, in any of the ticks that are closed together")
    mutating func node() {
        let pairs = [("a/x", "b/x"), ("c/x", "d/x")]
        let later = ("e/x", "f/x")
        var detection = warmed([Self.spike], pairs + [later])
        var now = tick(Self.warm, pairs.map { ($0.0, $0.1, 10) } + [(later.0, later.1, 1)])
        now.isNewest = false
        now.nodes = [ExporterNumber(rawValue: 1): "node-1", ExporterNumber(rawValue: 2): "node-2"]
        for place in now.series.indices { now.series[place].exporter = ExporterNumber(rawValue: 1) }
        // A router that saw more of it is on no node.
        now.series.append(make.series("a/other", "b/x") { $0.bytes = 100 })
        now.series[3].exporter = ExporterNumber(rawValue: 3)
        now.workloads = make.workloads
        var (other, several) = (now, now)
        other.series[1].exporter = ExporterNumber(rawValue: 2)
        several.series[3].exporter = .rest
        let alone = pairs.map { ["source_namespace": String($0.0.prefix(1)), "destination_namespace": String($0.1.prefix(1))] }
        for apart in [other, several] {
            var detection = detection
            #expect(Set(detection.findings(apart).map(\.labels)) == Set(alone))
        }
        #expect(detection.findings(now).map(\.labels) == [["node": "node-1", "grouped_by": "node"]])
        // What follows there joins.
        var next = tick(Self.warm + 1, (pairs + [later]).map { ($0.0, $0.1, 10) })
        for place in next.series.indices { next.series[place].exporter = ExporterNumber(rawValue: 1) }
        next.nodes = now.nodes
        let found = detection.findings(next)
        #expect(found.map(\.labels) == [["node": "node-1", "grouped_by": "node"]])
        #expect(found.first?.words.hasPrefix("3 series ") == true)
    }

    @Test("A restart goes on where it was: what is open stays so, with the same labels, and a known series is judged at once")
    mutating func restart() {
        let pairs = [("shop/a", "pay/x"), ("shop/a", "db/x"), ("web/a", "more/x")]
        var first = warmed([Self.spike], pairs)
        let before = first.findings(tick(Self.warm, [("shop/a", "pay/x", 10), ("shop/a", "db/x", 10), ("web/a", "more/x", 1)]))
        let saved = first.saved()
        make = TickMaker()
        _ = make.number("new/one")
        var second = Detection([Self.spike])
        second.restore(saved, at: TickMaker.monday + Self.warm)
        let found = second.findings(tick(Self.warm + 1, [("web/a", "more/x", 10), ("shop/a", "pay/x", 1), ("shop/a", "db/x", 1)]))
        #expect(before.count == 1 && found.map(\.labels).contains(before[0].labels))
        #expect(found.map(\.labels).contains(["source_namespace": "web", "destination_namespace": "more"]))
    }

    @Test("A series that is known from before and of which nobody has told since the start is not silent, until an hour has passed")
    mutating func unheard() {
        let rule = Rule(name: "Silence", kind: .silence)
        let first = warmed([rule], [("shop/a", "pay/x"), ("web/a", "db/x"), ("api/a", "db/x")])
        var second = Detection([rule])
        second.restore(first.saved(), at: TickMaker.monday + Self.warm)
        for number in 0..<240 {
            var now = tick(Self.warm + Int64(number), [("web/a", "db/x", 1)] + (number == 0 ? [("api/a", "db/x", 1)] : []))
            // A part of what it is made of, while somebody is away.
            if number == 0 {
                now.series[1].amounts.bytes = 0
                now.anyExporterAway = true
            }
            let found = second.findings(now)
            // The one that was heard, and is gone then.
            #expect(found.map(\.labels["source_namespace"]) == (number == 0 ? [] : ["api"]), "\(number)")
            if number == 5 { break }
        }
        second = Detection([rule])
        second.restore(first.saved(), at: TickMaker.monday + Self.warm)
        for number in 0..<240 { #expect(second.findings(tick(Self.warm + Int64(number), [("web/a", "db/x", 1), ("api/a", "db/x", 1)])).isEmpty) }
        let found = second.findings(tick(Self.warm + 240, [("web/a", "db/x", 1), ("api/a", "db/x", 1)]))
        #expect(found.map(\.labels["source_namespace"]) == ["shop"])
    }

    @Test("What opens again while its alert lists another series goes on with that alert: no two findings have the same labels")
    mutating func equalLabels() {
        var detection = warmed([Self.spike], [("shop/a", "pay/x"), ("shop/a", "db/x")])
        func now(_ number: Int64, _ first: Double, _ second: Double) -> [Finding] {
            detection.findings(tick(Self.warm + number, [("shop/a", "pay/x", first), ("shop/a", "db/x", second)]))
        }
        let labels = ["source_namespace": "shop", "destination_namespace": "pay"]
        #expect(now(0, 10, 1).map(\.labels) == [labels])
        _ = now(1, 1, 1)
        var found = now(2, 1, 15)
        for number in 3...40 { found = now(Int64(number), 1, 15) }
        // Only the second one is open now.
        #expect(found.map(\.labels) == [labels] && found.first?.details.count == 1)
        found = now(41, 40, 15)
        #expect(found.map(\.labels) == [labels] && found.first?.details.count == 3)
    }

    @Test("Thousands of series that open at once, in pairs, are one event, and it takes no time to say so")
    mutating func thousands() {
        var detection = Detection([Self.spike])
        let pairs = (0..<2000).flatMap { number in (0...1).map { ("n\(number)/a", "m\(number)-\($0)/x") } }
        let ticks = (0..<4).map { _ in tick(0, pairs.map { ($0.0, $0.1, 1) }) }
        for number in 0..<1000 {
            var now = ticks[number * 7 % 4]
            now.number += Int64(number)
            _ = detection.evaluate(now)
        }
        var found: [Finding] = []
        // Young series are judged by more than one tick.
        let spikes = (0..<8).map { tick(1000 + Int64($0), pairs.map { ($0.0, $0.1, 1000) }) }
        let time = ContinuousClock().measure {
            for spike in spikes where found.isEmpty { found = detection.findings(spike) }
        }
        #expect(found.map(\.labels) == [["grouped_by": "everything"]])
        #expect(found.first?.words.hasPrefix("4000 series are far above") == true)
        #expect(time < .seconds(60))
    }

    @Test("What a clock that was ahead has left behind stops nothing: neither over a restart, nor when it is set back")
    mutating func clockAhead() {
        var ahead = Detection([Self.spike])
        _ = ahead.evaluate(tick(1_000_000, [("shop/a", "pay/x", 1)]))
        var second = Detection([Self.spike])
        second.restore(ahead.saved(), at: TickMaker.monday)
        for number in 0..<Self.warm { #expect(second.findings(tick(number, [("shop/a", "pay/x", 1)])).isEmpty) }
        // Three days ahead for a moment: what the series usually does is still known.
        _ = second.evaluate(tick(Self.warm + 17_280, [("shop/a", "pay/x", 1), ("new/a", "pay/x", 1)]))
        #expect(second.findings(tick(Self.warm, [("shop/a", "pay/x", 10), ("new/a", "pay/x", 1)])).map(\.labels["source_namespace"]) == ["shop"])
        for number in 1...100 { _ = second.evaluate(tick(Self.warm + Int64(number), [("shop/a", "pay/x", 1), ("new/a", "pay/x", 1)])) }
    }

    @Test("A group that is said to have opened at the beginning or the end of time traps nothing")
    mutating func hostileGroups() throws {
        var first = warmed([Self.spike], [("shop/a", "pay/x"), ("web/a", "db/x")])
        #expect(first.findings(tick(Self.warm, [("shop/a", "pay/x", 10), ("web/a", "db/x", 1)])).count == 1)
        let text = String(decoding: try JSON.encode(first.saved()), as: UTF8.self)
        for opened in [Int64.min, .max] {
            let changed = text.replacing("\"opened\":\(TickMaker.monday + Self.warm)", with: "\"opened\":\(opened)")
            #expect(changed != text)
            let saved = try #require(JSON.decode(SavedDetection.self, Array(changed.utf8)))
            var second = Detection([Self.spike])
            second.restore(saved, at: TickMaker.monday + Self.warm)
            #expect(!second.findings(tick(Self.warm + 1, [("shop/a", "pay/x", 10), ("web/a", "db/x", 10)])).isEmpty)
        }
    }

    @Test("A rule that looks at other series after a reload leaves nothing behind of those before")
    mutating func changedSeries() {
        var settings = Rule.ThresholdSettings()
        settings.above = 1
        var rule = Rule(name: "T", kind: .threshold)
        rule.settings = .threshold(settings)
        var detection = Detection([rule])
        let pairs = (0..<10).map { ("n\($0)/a", "pay/x", 1.0) }
        for (number, by) in [Rule.SeriesLabel.sourceNamespace, .destinationNamespace, .sourceNamespace, .destinationWorkload].enumerated() {
            var configuration = DetectionConfiguration()
            rule.by = [by]
            configuration.ownRules = [rule]
            configuration.disabledRules = BuiltInRules.rules.map(\.name)
            detection.reconfigure(configuration)
            let found = detection.findings(tick(Int64(number), pairs))
            #expect(found.count == (by == .sourceNamespace ? 10 : 1) && detection.seriesCounts.watched == found.count)
        }
    }

    @Test("What was kept and is damaged is left out, and breaks nothing")
    mutating func damaged() throws {
        var first = Detection([Self.spike])
        for number in 0..<50 { _ = first.evaluate(tick(Int64(number), [("shop/a", "pay/x", 1), ("a/b", "c/d", 1)])) }
        let octets = [UInt8](try JSON.encode(first.saved()))
        #expect(octets.count > 500)
        for _ in 0..<2000 {
            var broken = octets
            for _ in 0..<3 { broken[Int.random(in: 0..<broken.count, using: &generator)] = UInt8.random(in: 32...126, using: &generator) }
            guard let saved = JSON.decode(SavedDetection.self, broken) else { continue }
            var second = Detection([Self.spike])
            second.restore(saved, at: TickMaker.monday + 50)
            _ = second.evaluate(tick(51, [("shop/a", "pay/x", 1), ("a/b", "c/d", 1)]))
            _ = second.saved()
        }
    }

    @Test("A reload keeps what is known of rules whose series stay the same")
    mutating func reload() {
        var detection = warmed([Self.spike], [("shop/a", "pay/x")])
        var configuration = DetectionConfiguration()
        var rule = Self.spike
        rule.severity = .critical
        configuration.ownRules = [rule]
        configuration.disabledRules = BuiltInRules.rules.map(\.name)
        detection.reconfigure(configuration)
        let reports = detection.evaluate(tick(Self.warm, [("shop/a", "pay/x", 10)]))
        #expect(reports.map(\.rule.severity) == [.critical] && reports.first?.findings.count == 1)
    }

    @Test("More series than there may be: those that are idle leave, and it is counted")
    mutating func bounded() {
        var detection = Detection([Self.spike]) { $0.maxSeries = 100 }
        for number in 0..<600 {
            let from = number < 300 ? 0 : 90
            _ = detection.evaluate(tick(Int64(number), (from..<(from + 95)).map { ("n\($0)/a", "pay/x", 1) }))
        }
        let counts = detection.seriesCounts
        #expect(counts.watched <= 100 && counts.evicted > 0)
    }

    @Test("Twenty thousand series and the built-in rules are judged in a small part of a tick")
    mutating func cost() {
        var detection = Detection(DetectionConfiguration(), seesWholeCluster: true)
        var series: [ClosedTick.Series] = []
        for source in 0..<200 {
            for destination in 0..<100 {
                series.append(
                    make.series("n\(source % 40)/a\(source)", "m\(destination % 20)/b\(destination)") {
                        $0.bytes = 1000
                        $0.packets = 10
                        $0.synRecords = 1
                    })
            }
        }
        let edges = (0..<200).flatMap { source in (0..<50).map { make.edge("n\(source % 40)/a\(source)", "m\($0 % 20)/b\($0)", 80) } }
        _ = detection.evaluate(make.tick(0, series, edges: edges))
        let clock = ContinuousClock()
        var times: [Duration] = []
        for number in 1...20 {
            let tick = make.tick(Int64(number), series, edges: edges)
            times.append(clock.measure { _ = detection.evaluate(tick) })
        }
        let median = times.sorted()[10]
        print("a tick of 20,000 series and 10,000 edges: \(median)")
        // Fifteen times what it takes here.
        #expect(median < .seconds(10))
    }
}
