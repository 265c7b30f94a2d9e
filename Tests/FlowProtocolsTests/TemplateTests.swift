import FlowModel
import FlowProtocols
import Foundation
import Testing

@Suite struct TemplateTests {
    private let writer = MessageWriter()

    @Test("A template that is sent again unchanged is no news")
    func refresh() {
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(1, 8), (2, 8)])))
        #expect(session.batch.facts == [.template(domain: 7, id: 300, traits: [])])
        let revision = session.decoder.templateRevision
        session.decode(writer.message(writer.template(300, [(1, 8), (2, 8)])))
        #expect(session.batch.facts.count == 1)
        #expect(session.decoder.templateRevision == revision)
        #expect(session.decoder.templateCount == 1)
    }

    @Test("A replaced template decodes what follows it, within the same message too")
    func replacement() {
        var session = DecodedSession()
        session.decode(
            writer.message(
                writer.template(300, [(2, 1)]), writer.set(300, [5]), writer.template(300, [(1, 1), (2, 1)]), writer.set(300, [6, 7])))
        #expect(session.flows.map(\.packets) == [5, 7])
        #expect(session.flows.map(\.bytes) == [0, 6])
        #expect(session.batch.facts.count == 2)
        #expect(session.decoder.templateCount == 1)
    }

    @Test("A withdrawn template no longer decodes its data sets")
    func withdrawal() {
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(2, 1)]), writer.template(301, [(2, 1)])))
        let revision = session.decoder.templateRevision
        session.decode(writer.message(writer.set(2, big(UInt16(300)) + big(UInt16(0))), writer.set(300, [5]), writer.set(301, [6])))
        #expect(session.errors.isEmpty)
        #expect(session.decoder.templateCount == 1)
        #expect(session.flows.map(\.packets) == [6])
        #expect(session.decoder.templateRevision > revision)
    }

    @Test("All templates of a domain are withdrawn at once, options templates apart from others")
    func withdrawAll() {
        var other = writer
        other.domain = 8
        var session = DecodedSession()
        session.decode(
            writer.message(writer.template(300, [(2, 1)]), writer.template(301, [(2, 1)]), writer.options(302, scopes: [(149, 4)], [(34, 4)])))
        session.decode(other.message(other.template(300, [(2, 1)])))
        session.decode(writer.message(writer.set(2, big(UInt16(2)) + big(UInt16(0)))))
        #expect(session.decoder.savedTemplates().templates.map { "\($0.domain)/\($0.id)" } == ["7/302", "8/300"])
        session.decode(writer.message(writer.set(3, big(UInt16(3)) + big(UInt16(0)))))
        #expect(session.decoder.savedTemplates().templates.map { "\($0.domain)/\($0.id)" } == ["8/300"])
    }

    @Test("All templates are withdrawn again when others have come since, within one message too")
    func withdrawAgain() {
        var session = DecodedSession()
        let all = writer.set(2, big(UInt16(2)) + big(UInt16(0)))
        session.decode(writer.message(writer.template(300, [(2, 1)]), all, all, writer.template(301, [(2, 1)]), all, writer.template(302, [(2, 1)])))
        #expect(session.decoder.savedTemplates().templates.map(\.id) == [302])
        session.decode(writer.message(all))
        #expect(session.decoder.templateCount == 0)
    }

    @Test("A withdrawal of all takes what was replaced, turned into options or loaded, and nothing that is gone")
    func withdrawWhatIsLeft() {
        var session = DecodedSession()
        let all = writer.set(2, big(UInt16(2)) + big(UInt16(0)))
        let allOptions = writer.set(3, big(UInt16(3)) + big(UInt16(0)))
        session.decode(writer.message(writer.template(300, [(2, 1)]), writer.template(301, [(2, 1)]), writer.template(300, [(1, 1)])))
        session.decode(writer.message(writer.options(301, scopes: [(149, 4)], [(34, 4)]), all))
        #expect(session.decoder.savedTemplates().templates.map(\.id) == [301])
        var loaded = DecodedSession()
        loaded.decoder.load(session.decoder.savedTemplates())
        loaded.decode(writer.message(all))
        #expect(loaded.decoder.templateCount == 1)
        loaded.decode(writer.message(allOptions))
        #expect(loaded.decoder.templateCount == 0 && loaded.decoder.fieldCount == 0 && loaded.decoder.templateBytes == 0)
    }

    @Test("A template and its withdrawal by turns, three thousand times in a message, leave another domain's templates as they are")
    func alternation() {
        var other = writer
        other.domain = 8
        var session = DecodedSession()
        for id in 0..<2000 { session.decode(other.message(other.template(UInt16(256 + id), [(2, 1)]))) }
        let pair = writer.template(300, [(2, 1)]) + writer.set(2, big(UInt16(2)) + big(UInt16(0)))
        session.decode(writer.message([[UInt8]](repeating: pair, count: 3000).flatMap { $0 }))
        #expect(session.decoder.templateCount == 2000)
        session.decode(writer.message(pair + writer.template(301, [(2, 1)])))
        #expect(session.decoder.templateCount == 2001)
    }

    @Test("The same id in another domain, or of another version, is another template")
    func domains() {
        var v9 = writer
        v9.version = 9
        var other = writer
        other.domain = 8
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(1, 1)]), writer.set(300, [1])))
        session.decode(other.message(other.template(300, [(2, 1)]), other.set(300, [2])))
        session.decode(v9.message(v9.template(300, [(86, 1)]), v9.set(300, [3])))
        session.decode(writer.message(writer.set(300, [4])))
        #expect(session.flows.map(\.bytes) == [1, 0, 0, 4])
        #expect(session.flows.map(\.packets) == [0, 2, 3, 0])
        #expect(session.flows.map(\.exportProtocol) == [.ipfix, .ipfix, .netflow9, .ipfix])
        #expect(session.decoder.templateCount == 3)
    }

    @Test("Several templates in a set, and several sets of records with padding")
    func several() {
        var session = DecodedSession()
        let two =
            big(UInt16(300)) + big(UInt16(1)) + big(UInt16(2)) + big(UInt16(2)) + big(UInt16(301)) + big(UInt16(1)) + big(UInt16(1)) + big(UInt16(4))
        session.decode(
            writer.message(writer.set(2, two + [0, 0]), writer.set(300, [0, 1, 0, 2, 0, 3, 0]), writer.set(301, [0, 0, 0, 9, 0, 0, 0])))
        #expect(session.errors.isEmpty)
        #expect(session.flows.map(\.packets) == [1, 2, 3, 0])
        #expect(session.flows.map(\.bytes) == [0, 0, 0, 9])
        #expect(session.summaries.map(\.sequenceUnits) == [4])
    }

    @Test("Variable-length fields in both forms of their length, before, between and behind others")
    func variableLength() {
        var session = DecodedSession(detail: true)
        let long = [255] + big(UInt16(300)) + [UInt8](repeating: 65, count: 300)
        session.decode(
            writer.message(
                writer.template(300, [(82, 65535), (2, 2), (82, 65535), (1, 65535), (10, 1)]),
                writer.set(
                    300, [3] + Array("vp2".utf8) + [0, 5] + [255, 0, 3] + Array("vp3".utf8) + [2, 1, 0] + [9] + [0] + [0, 6] + long + [0] + [8])))
        #expect(session.errors.isEmpty)
        #expect(session.flows.map(\.packets) == [5, 6])
        #expect(session.flows.map(\.bytes) == [256, 0])
        #expect(session.flows.map(\.inputInterface) == [9, 8])
        #expect(session.batch.details.map(\.inputInterfaceName) == ["vp2", ""])
        #expect(session.batch.details.map(\.outputInterfaceName) == ["vp3", String(repeating: "A", count: 255)])
    }

    @Test("Saved templates decode in a new session, and are what it would save")
    func saved() throws {
        var v9 = writer
        v9.version = 9
        var session = DecodedSession()
        session.decode(
            writer.message(writer.template(300, [(2, 1)], enterprise: [(1, 1, 29305)]), writer.options(301, scopes: [(149, 4)], [(34, 4)])))
        session.decode(v9.message(v9.template(300, [(1, 1), (48, 1)])))
        let saved = session.decoder.savedTemplates()
        #expect(saved.templates.count == 3)
        let copy = try JSONDecoder().decode(SavedTemplates.self, from: JSONEncoder().encode(saved))
        #expect(copy == saved)
        var later = DecodedSession()
        later.decoder.load(copy)
        #expect(later.decoder.savedTemplates() == saved)
        #expect(later.decoder.templateRevision == 0)
        #expect(later.decoder.templateFacts.contains(.template(domain: 7, id: 300, traits: .sampler)))
        #expect(later.decoder.templateFacts.filter { $0 == .samplingExpected(domain: 7) }.count == 2)
        later.decode(v9.message(v9.set(300, [5, 1])))
        later.decode(writer.message(writer.set(301, big(UInt32(7)) + big(UInt32(64))), writer.set(300, [1, 0])))
        #expect(later.flows.map(\.bytes) == [5, 0])
        #expect(later.batch.facts == [.samplingRate(domain: 7, sampler: nil, rate: 64)])
        #expect(later.errors.isEmpty)
    }

    @Test("Saved templates that no datagram could have brought are left out")
    func damaged() {
        let field = TemplateField(element: 2, length: 1)
        func template(_ version: UInt16 = 10, id: UInt16 = 300, scopes: Int? = nil, fields: [TemplateField]) -> SavedTemplates.Template {
            SavedTemplates.Template(version: version, domain: 0, id: id, scopeCount: scopes, fields: fields)
        }
        var session = DecodedSession()
        session.decoder.load(
            SavedTemplates(templates: [
                template(5, fields: [field]), template(id: 255, fields: [field]), template(fields: []), template(scopes: 2, fields: [field]),
                template(scopes: -1, fields: [field]), template(fields: [TemplateField(element: 2, length: 0)]),
                template(fields: Array(repeating: field, count: 1025)),
                template(fields: [TemplateField(element: 1, length: 40000), TemplateField(element: 1, length: 40000)]),
            ]))
        #expect(session.decoder.templateCount == 0)
        session.decoder.load(SavedTemplates(templates: [template(fields: [field])]))
        #expect(session.decoder.templateCount == 1)
    }

    @Test("Templates beyond the session's limits are refused, those it has stay in use")
    func limits() {
        var limits = SessionDecoder.Limits()
        limits.templates = 40
        limits.fieldsPerTemplate = 4
        limits.fields = 60
        var session = DecodedSession(limits: limits)
        for id in UInt16(300)..<350 { session.decode(writer.message(writer.template(id, [(2, 1)]))) }
        #expect(session.decoder.templateCount == 40)
        #expect(session.errors == Array(repeating: .templateLimit, count: 10))
        session.decode(writer.message(writer.template(300, Array(repeating: (2, 1), count: 5)), writer.template(301, [(1, 1), (2, 1)])))
        #expect(session.errors.count == 11)
        session.decode(writer.message(writer.set(301, [3, 4])))
        #expect(session.flows.map(\.bytes) == [3])
        for id in UInt16(302)..<312 { session.decode(writer.message(writer.template(id, Array(repeating: (2, 1), count: 4)))) }
        #expect(session.decoder.savedTemplates().templates.reduce(0) { $0 + $1.fields.count } <= 60)
    }

    @Test("A template that is refused takes the one of its id with it")
    func refusedReplacement() {
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(2, 1)])))
        session.decode(writer.message(writer.template(300, [(2, 0)]), writer.set(300, [1])))
        #expect(session.errors == [.zeroLengthTemplate])
        #expect(session.decoder.templateCount == 0)
        #expect(session.flows.isEmpty)
    }

    @Test("Many templates that come and go are found as long as they are there")
    func comeAndGo() {
        var session = DecodedSession()
        var present: Set<UInt16> = []
        var state: UInt64 = 1
        for _ in 0..<4000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let id = UInt16(300 + (state >> 33) % 200)
            if present.remove(id) == nil {
                session.decode(writer.message(writer.template(id, [(2, 2)])))
                present.insert(id)
            } else {
                session.decode(writer.message(writer.set(2, big(id) + big(UInt16(0)))))
            }
        }
        #expect(session.decoder.templateCount == present.count)
        let before = session.flows.count
        for id in UInt16(300)..<500 { session.decode(writer.message(writer.set(id, big(id)))) }
        #expect(session.flows.dropFirst(before).map { UInt16(truncatingIfNeeded: $0.packets) } == present.sorted())
    }
}
