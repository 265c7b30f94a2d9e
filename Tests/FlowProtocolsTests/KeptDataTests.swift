import FlowModel
import FlowProtocols
import Testing

@Suite struct KeptDataTests {
    private let writer = MessageWriter()

    @Test("Data before its template is decoded when that comes, in order, with its own message's times")
    func early() {
        var early = writer
        early.version = 9
        early.seconds -= 20
        early.uptime = 80_000
        var late = writer
        late.version = 9
        var session = DecodedSession()
        let first = session.decode(early.message(early.set(300, big(UInt32(79_000)) + [1]), early.set(300, big(UInt32(78_000)) + [2])))
        #expect(first.keptDataSets == 2)
        #expect(first.records == 0)
        #expect(first.errors.isEmpty)
        #expect(session.flows.isEmpty)
        #expect(session.decoder.keptBytes > 0)
        let second = session.decode(late.message(late.template(300, [(22, 4), (2, 1)]), late.set(300, big(UInt32(99_000)) + [3])))
        #expect(second.records == 3)
        #expect(session.flows.map(\.packets) == [3, 1, 2])
        #expect(session.flows.map(\.start.nanoseconds) == [1_799_999_999, 1_799_999_979, 1_799_999_978].map { $0 * 1_000_000_000 })
        #expect(session.decoder.keptBytes == 0)
    }

    @Test("Kept data is bounded: what is beyond is an error, not memory")
    func bounded() {
        var limits = SessionDecoder.Limits()
        limits.keptBytes = 1000
        var session = DecodedSession(limits: limits)
        for _ in 0..<100 { session.decode(writer.message(writer.set(300, [UInt8](repeating: 1, count: 100)))) }
        #expect(session.decoder.keptBytes <= 1000)
        #expect(session.decoder.keptBytes > 500)
        #expect(session.errors.allSatisfy { $0 == .keptDataLimit })
        #expect(session.errors.count + session.summaries.reduce(0) { $0 + $1.keptDataSets } == 100)
    }

    @Test("Kept data that waited too long is dropped and counted")
    func expires() {
        var session = DecodedSession()
        let start = Timestamp(seconds: 1_800_000_000)
        session.decode(writer.message(writer.set(300, [1])), at: start)
        session.decode(writer.message(writer.set(301, [1])), at: start.advanced(by: 50_000_000_000))
        #expect(session.decoder.expire(at: start.advanced(by: 60_000_000_000)) == 0)
        #expect(session.decoder.expire(at: start.advanced(by: 60_000_000_001)) == 1)
        #expect(session.decoder.keptBytes > 0)
        #expect(session.decoder.expire(at: start.advanced(by: 200_000_000_000)) == 1)
        #expect(session.decoder.keptBytes == 0)
    }

    @Test("Data of another domain waits for Open vSwitch's shared templates, but for no one else's")
    func shared() {
        var other = writer
        other.domain = 200
        var session = DecodedSession()
        let openVSwitch: [(UInt16, UInt16)] = [(138, 4), (354, 8), (352, 8), (2, 1)]
        let record = [UInt8](repeating: 0, count: 20) + [9]
        session.decode(other.message(other.set(300, record), other.set(301, [5])))
        session.decode(writer.message(writer.template(300, openVSwitch), writer.template(301, [(2, 1)])))
        #expect(session.flows.map(\.observationDomain) == [200])
        #expect(session.flows.map(\.packets) == [9])
        #expect(session.decoder.keptBytes > 0)
        // Its own template comes first.
        session.decode(other.message(other.template(300, [(1, 1)]), other.set(300, [7])))
        #expect(session.flows.last?.bytes == 7)
        session.decode(writer.message(writer.set(2, big(UInt16(300)) + big(UInt16(0)))))
        var third = writer
        third.domain = 201
        #expect(session.decode(third.message(third.set(300, record))).keptDataSets == 1)
    }
}
