import FlowModel
import FlowProtocols
import Testing

@Suite struct OptionsTests {
    private func facts(version: UInt16 = 10, scopes: [(UInt16, [UInt8])], _ fields: [(UInt16, [UInt8])]) -> [ExporterFact] {
        let writer = MessageWriter(version: version)
        var session = DecodedSession()
        let summary = session.decode(
            writer.message(
                writer.options(400, scopes: scopes.map { ($0.0, UInt16($0.1.count)) }, fields.map { ($0.0, UInt16($0.1.count)) }),
                writer.set(400, scopes.flatMap(\.1) + fields.flatMap(\.1))))
        #expect(session.errors.isEmpty)
        #expect(session.flows.isEmpty)
        #expect(summary.records == 0)
        #expect(summary.sequenceUnits == 1)
        #expect(session.batch.facts.first == .template(domain: 7, id: 400, traits: .options))
        return Array(session.batch.facts.dropFirst())
    }

    private func rate(_ rate: UInt32, sampler: UInt32? = nil, domain: UInt32 = 7) -> [ExporterFact] {
        [.samplingExpected(domain: 7), .samplingRate(domain: domain, sampler: sampler, rate: rate)]
    }

    @Test("A sampling rate in each of the ways there are to say it")
    func rates() {
        let system: [(UInt16, [UInt8])] = [(1, big(UInt32(0)))]
        #expect(facts(version: 9, scopes: system, [(34, big(UInt32(1000))), (35, [1])]) == rate(1000))
        #expect(facts(version: 9, scopes: system, [(48, [3]), (49, [2]), (50, big(UInt32(64)))]) == rate(64, sampler: 3))
        #expect(facts(scopes: [(302, big(UInt64(5)))], [(305, big(UInt32(1))), (306, big(UInt32(511)))]) == rate(512, sampler: 5))
        #expect(facts(scopes: [(302, [5])], [(309, [10]), (310, big(UInt16(1000))), (304, [3])]) == rate(100, sampler: 5))
        #expect(facts(scopes: [(144, [1])], [(305, big(UInt16(256)))]) == rate(256))
    }

    @Test("Not sampled is a rate of 1, whether the algorithm is none or the rate 0")
    func none() {
        #expect(facts(version: 9, scopes: [(1, [0])], [(34, [100]), (35, [0])]) == rate(1))
        #expect(facts(scopes: [(143, [1])], [(305, [1]), (306, [0]), (304, [0])]) == rate(1))
        #expect(facts(scopes: [(143, [1])], [(34, [0])]) == rate(1))
    }

    @Test("An observation domain in the scope is the one that is meant")
    func domain() {
        #expect(facts(scopes: [(149, big(UInt32(55)))], [(34, [10])]) == rate(10, domain: 55))
    }

    @Test("An interface's name, of version 9's interface scope or of an element")
    func interfaces() {
        let name = Array("eth0".utf8) + [UInt8](repeating: 0, count: 12)
        #expect(facts(version: 9, scopes: [(2, big(UInt32(3)))], [(82, name)]) == [.interfaceName(domain: 7, index: 3, name: "eth0")])
        #expect(facts(scopes: [(10, big(UInt32(4)))], [(82, name)]) == [.interfaceName(domain: 7, index: 4, name: "eth0")])
        #expect(facts(scopes: [(14, [5])], [(82, [0xFF])]) == [.interfaceName(domain: 7, index: 5, name: "\u{FFFD}")])
        // Element 2 of version 9's scopes is an interface, but element 2 of IPFIX counts packets.
        #expect(facts(scopes: [(2, big(UInt32(3)))], [(82, name)]).isEmpty)
    }

    @Test("The active timeout")
    func timeout() {
        #expect(facts(version: 9, scopes: [(1, [0])], [(36, big(UInt16(60))), (37, big(UInt16(15)))]) == [.activeTimeout(domain: 7, seconds: 60)])
    }

    @Test("A data template that refers to a sampler awaits its rate, one that has the rate does not")
    func expected() {
        let writer = MessageWriter()
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(2, 1), (302, 1)])))
        #expect(session.batch.facts == [.template(domain: 7, id: 300, traits: .sampler), .samplingExpected(domain: 7)])
        session.batch.removeAll()
        session.decode(writer.message(writer.template(301, [(2, 1), (48, 1), (50, 4)])))
        #expect(session.batch.facts == [.template(domain: 7, id: 301, traits: [])])
    }

    @Test("Options data with several records and variable-length names")
    func several() {
        let writer = MessageWriter()
        var session = DecodedSession()
        session.decode(
            writer.message(
                writer.options(400, scopes: [(10, 1)], [(82, 65535)]), writer.set(400, [1, 1, 65, 2, 2, 66, 66, 3, 255, 0, 1, 67, 0])))
        #expect(
            Array(session.batch.facts.dropFirst()) == [
                .interfaceName(domain: 7, index: 1, name: "A"), .interfaceName(domain: 7, index: 2, name: "BB"),
                .interfaceName(domain: 7, index: 3, name: "C"),
            ])
        #expect(session.summaries.map(\.sequenceUnits) == [3])
        #expect(session.errors.isEmpty)
    }
}
