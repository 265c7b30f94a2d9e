import FlowModel
import FlowProtocols
import Testing

import Exporters

/// What each scrape shows of exporters that come, go and change places.
@Suite("Exposed exporters")
struct ExposedExportersTests {
    /// Counters by exporter, protocol and name.
    private typealias Counters = [String: UInt64]

    private struct Bench {
        var exposed = ExposedExporters(limit: 4)
        var configuration = ExportersConfiguration()
        var live: [UInt32: ExporterSession] = [:]
        /// Sessions that have ended, by address, and those of nobody any more.
        var ended: [UInt32: SessionStatus] = [:]
        var rest: SessionStatus?
        var now = 0.0
        private var last: Counters = [:]

        mutating func hear(_ host: UInt32, records: Int = 1, errors: [DecodeError] = []) {
            now += 1
            let address = IPAddress(v4: 0x0A00_0000 + host)
            var session =
                live[host] ?? ExporterSession(address: address, sourcePort: 1000, localPort: 4739, configuration: nil, defaultSamplingRate: 1)
            var batch = FlowBatch()
            let summary = summary(host % 2 == 0 ? .ipfix : .netflow9, sequence: UInt32(now)) {
                $0.records = records
                $0.errors = errors
            }
            session.normalise(&batch, summary: summary, receivedAt: seconds(now))
            live[host] = session
        }

        /// Ends the session of an exporter.
        mutating func end(_ host: UInt32) {
            guard var status = live.removeValue(forKey: host)?.status() else { return }
            status.end()
            if ended[host] == nil { ended[host] = status } else { ended[host]?.add(ended: status) }
        }

        /// Forgets whose an exporter's ended sessions were.
        mutating func forget(_ host: UInt32) {
            guard var status = ended.removeValue(forKey: host) else { return }
            status.forgetExporter()
            if rest == nil { rest = status } else { rest?.add(ended: status) }
        }

        var sessions: [SessionStatus] { live.values.map { $0.status() } + ended.values + (rest.map { [$0] } ?? []) }

        /// Scrapes: no counter may be less than the last time it was shown in a row, and all together are what was counted.
        @discardableResult
        mutating func scrape(without missed: UInt32? = nil) -> Counters {
            var sessions = sessions
            if let missed { sessions.removeAll { $0.address == IPAddress(v4: 0x0A00_0000 + missed) && !$0.isEnded } }
            let exporters = exposed.expose(sessions, configuration: configuration)
            var counters: Counters = [:]
            for exporter in exporters {
                for part in exporter.protocols {
                    counters["\(exporter.name) \(part.name) datagrams"] = part.datagrams
                    counters["\(exporter.name) \(part.name) records"] = part.records
                    for (unit, count) in part.lost { counters["\(exporter.name) \(part.name) \(unit) lost"] = count }
                    for (reason, count) in part.decodeErrors { counters["\(exporter.name) \(part.name) \(reason)"] = count }
                }
            }
            for (name, value) in counters { #expect(value >= last[name] ?? 0, "\(name) at \(now)") }
            for name in last.keys where name.hasPrefix("reserved:other") { #expect(counters[name] != nil, "\(name) at \(now)") }
            if missed == nil {
                let counted = sessions.flatMap(\.protocols).reduce(0) { $0 + $1.records }
                #expect(counters.filter { $0.key.hasSuffix(" records") }.values.reduce(0, +) == counted)
            }
            #expect(exporters.filter { !$0.isRest }.count <= 4)
            last = counters
            return counters
        }
    }

    @Test("An exporter that gets series of its own leaves what was counted of it in the rest, and begins at 0")
    func promotion() {
        var bench = Bench()
        for host in UInt32(1)...6 { bench.hear(host, records: 10) }
        var counters = bench.scrape()
        #expect(counters["reserved:other netflow9 records"] == 10 && counters["reserved:other ipfix records"] == 10)
        bench.configuration.exporters = [ExportersConfiguration.Exporter(address: IPAddress(v4: 0x0A00_0006))]
        counters = bench.scrape()
        #expect(counters["10.0.0.6 ipfix records"] == 0)
        // Its place was the fourth's, whose counts are now there.
        #expect(counters["10.0.0.4 ipfix records"] == nil && counters["reserved:other ipfix records"] == 20)
        bench.hear(6, records: 7)
        counters = bench.scrape()
        #expect(counters["10.0.0.6 ipfix records"] == 7 && counters["reserved:other ipfix records"] == 20)
    }

    @Test("The rest stays when all that was in it has series of its own")
    func lastPromotion() {
        var bench = Bench()
        for host in UInt32(1)...5 { bench.hear(host, records: 10) }
        bench.scrape()
        bench.end(1)
        bench.forget(1)
        bench.scrape()
        let counters = bench.scrape()
        #expect(counters["reserved:other netflow9 records"] == 20 && counters["10.0.0.5 netflow9 records"] == 0)
    }

    @Test("An exporter of which ended sessions are forgotten goes on from where it was")
    func forgotten() {
        var bench = Bench()
        bench.hear(1, records: 100, errors: [.badTemplate])
        bench.end(1)
        bench.hear(1, records: 5)
        #expect(bench.scrape()["10.0.0.1 netflow9 records"] == 105)
        bench.forget(1)
        #expect(bench.scrape()["10.0.0.1 netflow9 records"] == 105)
        bench.hear(1, records: 3)
        let counters = bench.scrape()
        #expect(counters["10.0.0.1 netflow9 records"] == 108 && counters["10.0.0.1 netflow9 bad_template"] == 1)
        #expect(counters["reserved:other netflow9 records"] == 0)
    }

    @Test("A session that a scrape misses as it ends takes nothing back")
    func missed() {
        var bench = Bench()
        bench.hear(1, records: 100)
        bench.end(1)
        bench.hear(1, records: 5)
        bench.scrape()
        #expect(bench.scrape(without: 1)["10.0.0.1 netflow9 records"] == 105)
        #expect(bench.scrape()["10.0.0.1 netflow9 records"] == 105)
    }

    @Test("Whatever comes and goes, no counter goes back, and all together are what was counted")
    func churn() {
        var random = LinearCongruentialGenerator(state: 7)
        for _ in 0..<20 {
            var bench = Bench()
            for _ in 0..<200 {
                let host = UInt32.random(in: 1...9, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: bench.end(host)
                case 1: bench.forget(host)
                case 2: bench.configuration.exporters = [ExportersConfiguration.Exporter(address: IPAddress(v4: 0x0A00_0000 + host))]
                case 3: bench.hear(host, records: 0, errors: [.truncated])
                default: bench.hear(host, records: Int.random(in: 0...9, using: &random))
                }
                if Bool.random(using: &random) { bench.scrape() }
            }
        }
    }
}

private struct LinearCongruentialGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 33
    }
}
