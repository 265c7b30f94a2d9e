import FlowModel
import Testing

import Exporters

@Suite("Sampling")
struct SamplingTests {
    @Test("A record of a session that never spoke of sampling is unsampled")
    func unsampled() {
        var session = session(defaultRate: 7)
        let out = session.count([flow()])
        #expect(out.map(\.bytes) == [1000] && out.map(\.packets) == [10] && out.map(\.samplingRate) == [1])
        #expect(session.status().samplingSource == .unknown && session.status().unknownSamplingRecords == 0)
    }

    @Test("A rate of options data applies to its domain, and the sampler's own comes first")
    func options() {
        var session = session()
        let facts: [ExporterFact] = [
            .samplingRate(domain: 1, sampler: nil, rate: 10), .samplingRate(domain: 1, sampler: 3, rate: 100),
            .samplingRate(domain: 1, sampler: 4, rate: 1000),
        ]
        let inDomain = flow { $0.observationDomain = 1 }
        let bySampler = flow { flow in
            flow.observationDomain = 1
            flow.sampler = 3
            flow.traits.insert(.hasSampler)
        }
        let out = session.count([inDomain, bySampler, flow { $0.observationDomain = 2 }, inDomain], facts: facts)
        #expect(out.map(\.bytes) == [10_000, 100_000, 1000, 10_000])
        #expect(out.map(\.samplingRate) == [10, 100, 1, 10])
        #expect(session.status().samplingSource == .options)
    }

    @Test("A record without a sampler takes the rate that all samplers of its domain share")
    func commonRate() {
        var session = session(defaultRate: 5)
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: 1, rate: 10)]).first?.packets == 100)
        // Which of two different ones it is cannot be known.
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: 2, rate: 20)]).first?.packets == 50)
        #expect(session.status().unknownSamplingRecords == 1)
    }

    @Test("Samplers that change to the same rate share it again")
    func commonRateAgain() {
        var session = session(defaultRate: 5)
        let facts = [(1, 10), (2, 20), (3, 20), (1, 20)].map { ExporterFact.samplingRate(domain: 0, sampler: $0.0, rate: $0.1) }
        #expect(session.count([flow()], facts: facts).first?.packets == 200)
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: 2, rate: 30)]).first?.packets == 50)
        let others = [1, 3].map { ExporterFact.samplingRate(domain: 0, sampler: $0, rate: 30) }
        #expect(session.count([flow()], facts: others).first?.packets == 300)
    }

    @Test("What domain 0 announces holds for every domain of an IPFIX session, and not of a v9 session")
    func domainZero() {
        var session = session()
        let fact = ExporterFact.samplingRate(domain: 0, sampler: nil, rate: 16)
        #expect(session.count([flow { $0.observationDomain = 9 }], facts: [fact]).first?.packets == 160)
        #expect(session.count([flow(.netflow9) { $0.observationDomain = 9 }], .netflow9).first?.packets == 10)
    }

    @Test("The configured rate comes before the record's, the record's before that of options")
    func precedence() {
        let sampled = flow { $0.samplingRate = 4 }
        let fact = ExporterFact.samplingRate(domain: 0, sampler: nil, rate: 10)
        var announced = session()
        #expect(announced.count([sampled], facts: [fact]).first?.packets == 40)
        #expect(announced.status().samplingSource == .record)
        var configured = session { $0.samplingRate = 64 }
        #expect(configured.count([sampled], facts: [fact]).first?.packets == 640)
        #expect(configured.status().samplingSource == .configured)
        var header = session()
        #expect(header.count([flow(.netflow5) { $0.samplingRate = 8 }], .netflow5).first?.packets == 80)
        #expect(header.status().samplingSource == .header && header.status().samplingRate == 8)
    }

    @Test("A new rate applies from then on")
    func change() {
        var session = session()
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: nil, rate: 10)]).first?.packets == 100)
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: nil, rate: 20)]).first?.packets == 200)
        #expect(session.count([flow()]).first?.packets == 200)
    }

    @Test("Counts saturate instead of wrapping, and a rate of 0 is none")
    func saturation() {
        var session = session { $0.samplingRate = .max }
        #expect(session.count([flow(bytes: .max, packets: 1 << 40)]).first?.bytes == .max)
        var zero = noRate()
        #expect(zero.count([flow()], facts: [.samplingRate(domain: 0, sampler: nil, rate: 0)]).first?.packets == 10)
    }

    private func noRate() -> ExporterSession { session { $0.samplingRate = 0 } }

    @Test("Dropped counts are scaled, too")
    func droppedCounts() {
        var session = session { $0.samplingRate = 10 }
        let out = session.count([
            flow { flow in
                flow.droppedPackets = 2
                flow.droppedBytes = 120
            }
        ])
        #expect(out.first?.droppedPackets == 20 && out.first?.droppedBytes == 1200 && out.first?.dropReason == .unspecified)
    }
}

@Suite("Flows that wait for their sampling rate")
struct PendingTests {
    @Test("A flow waits for the rate its session has referred to, and comes back scaled")
    func lateRate() {
        var session = session()
        #expect(session.count([flow()], facts: [.samplingExpected(domain: 0)]).isEmpty)
        #expect(session.count([flow(bytes: 5)], at: seconds(1)).isEmpty)
        #expect(session.status().pending == 2)
        let out = session.count([flow(bytes: 7)], facts: [.samplingRate(domain: 0, sampler: nil, rate: 10)], at: seconds(2))
        #expect(out.map(\.bytes) == [70, 10_000, 50])
        #expect(out.map(\.samplingRate) == [10, 10, 10])
        #expect(session.status().pending == 0 && session.status().unknownSamplingRecords == 0)
    }

    @Test("A flow of another domain, or with a rate of its own, does not wait")
    func others() {
        var session = session()
        let out = session.count([flow(), flow { $0.observationDomain = 2 }, flow { $0.samplingRate = 3 }], facts: [.samplingExpected(domain: 0)])
        #expect(out.map(\.packets) == [10, 30])
    }

    @Test("After a minute a flow counts at the default rate; later ones of its domain do not wait any more, until a rate comes")
    func timeout() {
        var session = session(defaultRate: 4)
        #expect(session.count([flow()], facts: [.samplingExpected(domain: 0)]).isEmpty)
        var batch = FlowBatch()
        session.release(now: seconds(59), into: &batch)
        #expect(batch.flows.isEmpty)
        session.release(now: seconds(60), into: &batch)
        #expect(batch.flows.map(\.packets) == [40] && batch.flows.map(\.samplingRate) == [4])
        #expect(session.status().unknownSamplingRecords == 1 && session.status().samplingSource == .unknown)
        #expect(session.count([flow()], at: seconds(61)).map(\.packets) == [40])
        #expect(session.count([flow()], facts: [.samplingRate(domain: 0, sampler: nil, rate: 10)], at: seconds(62)).map(\.packets) == [100])
        #expect(session.status().unknownSamplingRecords == 2)
    }

    @Test("A datagram after a minute releases what has waited, without a timer")
    func timeoutByDatagram() {
        var session = session()
        _ = session.count([flow()], facts: [.samplingExpected(domain: 0)])
        #expect(session.count([], at: seconds(61)).map(\.packets) == [10])
    }

    @Test("A rate that is configured while flows wait ends the wait")
    func reconfigured() {
        var session = session()
        _ = session.count([flow()], facts: [.samplingExpected(domain: 0)])
        var exporter = ExportersConfiguration.Exporter(address: session.address)
        exporter.samplingRate = 8
        session.reconfigure(exporter, defaultSamplingRate: 1)
        var batch = FlowBatch()
        session.release(now: seconds(1), into: &batch)
        #expect(batch.flows.map(\.packets) == [80] && session.status().unknownSamplingRecords == 0)
    }

    @Test("No more than 4,096 flows wait; what comes beyond counts at once and is counted as unknown")
    func overflow() {
        var session = session(defaultRate: 2)
        let out = session.count([Flow](repeating: flow(), count: 4100), facts: [.samplingExpected(domain: 0)])
        #expect(out.map(\.packets) == [20, 20, 20, 20])
        #expect(session.status().pending == 4096 && session.status().unknownSamplingRecords == 4)
    }

    @Test("Names and details go with the flows that wait, and stay right for those that do not")
    func parallels() {
        var session = session()
        var batch = FlowBatch(wantsDetail: true)
        for (index, domain) in ([1, 2, 1, 2] as [UInt32]).enumerated() {
            batch.flows.append(flow(bytes: UInt64(index)) { $0.observationDomain = domain })
            var detail = FlowDetail()
            detail.sequenceNumber = UInt32(index)
            batch.details.append(detail)
            if index != 1 {
                var names = ClaimedNames(flow: index)
                names.sourcePod = "pod-\(index)"
                batch.claimedNames.append(names)
            }
        }
        batch.facts = [.samplingExpected(domain: 1)]
        session.normalise(&batch, summary: summary(.ipfix), receivedAt: noon)
        #expect(batch.flows.map(\.bytes) == [1, 3])
        #expect(batch.details.map(\.sequenceNumber) == [1, 3])
        #expect(batch.claimedNames.map(\.flow) == [1] && batch.claimedNames.map(\.sourcePod) == ["pod-3"])

        batch.facts = [.samplingRate(domain: 1, sampler: nil, rate: 1)]
        session.normalise(&batch, summary: summary(.ipfix), receivedAt: noon)
        #expect(batch.flows.map(\.bytes) == [1, 3, 0, 2])
        #expect(batch.details.map(\.sequenceNumber) == [1, 3, 0, 2])
        #expect(batch.claimedNames.map(\.flow) == [1, 2, 3])
        #expect(batch.claimedNames.map(\.sourcePod) == ["pod-3", "pod-0", "pod-2"])
    }

    @Test("What is saved is loaded: rates, expectations, what the exporter is, names of interfaces")
    func saved() {
        var session = session()
        _ = session.count(
            [],
            facts: [
                .samplingRate(domain: 1, sampler: 2, rate: 10), .samplingRate(domain: 1, sampler: nil, rate: 5), .samplingExpected(domain: 3),
                .interfaceName(domain: 1, index: 8, name: "vethshop"), .template(domain: 0, id: 256, traits: .openVSwitch),
            ])
        let saved = session.saved()
        #expect(saved.rates.map(\.rate) == [5, 10] && saved.expectedDomains == [3])
        var next = another()
        next.load(saved)
        #expect(next.saved() == saved)
        #expect(next.profile == .openvswitch && next.interfaceName(domain: 1, index: 8) == "vethshop")
    }

    private func another() -> ExporterSession { session() }

    @Test("A rate saved before a restart applies at once, an expectation makes flows wait")
    func afterRestart() {
        var before = session()
        _ = before.count([], facts: [.samplingRate(domain: 1, sampler: nil, rate: 5), .samplingExpected(domain: 2)])
        var after = session()
        after.load(before.saved())
        #expect(after.count([flow { $0.observationDomain = 1 }, flow { $0.observationDomain = 2 }]).map(\.packets) == [50])
        #expect(after.status().pending == 1)
    }
}
