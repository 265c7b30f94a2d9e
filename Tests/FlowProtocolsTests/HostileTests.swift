import FlowModel
import FlowProtocols
import Testing

/// What no exporter should send. Each of these ends, and says what was wrong.
@Suite struct HostileTests {
    private let writer = MessageWriter()

    private func errors(_ datagram: [UInt8]) -> [DecodeError] {
        var session = DecodedSession()
        session.decode(datagram)
        #expect(session.flows.isEmpty)
        return session.errors
    }

    @Test("What is nothing, or nothing known")
    func unknown() {
        #expect(errors([]) == [.truncated])
        #expect(errors([0]) == [.truncated])
        #expect(errors([0, 0]) == [.unknownVersion])
        #expect(errors([0, 0, 0, 4]) == [.unknownVersion])
        #expect(errors(Array("GET / HTTP/1.1".utf8)) == [.unknownVersion])
        #expect(errors(big(UInt16(9)) + [1, 2]) == [.truncated])
        #expect(errors(big(UInt16(10)) + [1, 2]) == [.truncated])
    }

    @Test("A message length that is more or less than there is")
    func messageLength() {
        func message(length: UInt16) -> [UInt8] {
            big(UInt16(10)) + big(length) + [UInt8](repeating: 0, count: 12) + writer.template(300, [(2, 1)]) + writer.set(300, [7])
        }
        var session = DecodedSession()
        session.decode(message(length: 60000))
        #expect(session.errors == [.truncated])
        #expect(session.flows.map(\.packets) == [7])
        #expect(errors(message(length: 28)) == [.malformed])
        #expect(errors(message(length: 3)) == [.malformed])
        #expect(errors(message(length: 0)) == [.malformed])
    }

    @Test("A set length that is too short ends the message", arguments: [0, 1, 2, 3] as [UInt16])
    func shortSet(length: UInt16) {
        #expect(errors(writer.message(big(UInt16(300)) + big(length) + [1, 2, 3, 4])) == [.malformed])
    }

    @Test("A set that says it is longer than the message gives what is there")
    func longSet() {
        var session = DecodedSession()
        session.decode(writer.message(writer.template(300, [(2, 2)]), big(UInt16(300)) + big(UInt16(2000)) + [0, 1, 0, 2, 0]))
        #expect(session.flows.map(\.packets) == [1, 2])
        #expect(session.errors == [.truncated])
    }

    @Test("A datagram that is filled up with zeros is no error")
    func zeros() {
        var session = DecodedSession()
        var writer = writer
        writer.version = 9
        session.decode(writer.message(writer.template(300, [(2, 1)]), writer.set(300, [1]), [UInt8](repeating: 0, count: 500)))
        #expect(session.errors.isEmpty)
        #expect(session.flows.count == 1)
    }

    @Test("A template without length, with too much of it, or with an id that is none")
    func badTemplates() {
        #expect(errors(writer.message(writer.template(300, [(2, 0), (1, 0)]))) == [.zeroLengthTemplate])
        #expect(errors(writer.message(writer.template(300, [(2, 65534), (1, 65534)]))) == [.badTemplate])
        #expect(errors(writer.message(writer.template(255, [(2, 1)]))) == [.badTemplate])
        #expect(errors(writer.message(writer.template(300, Array(repeating: (2, 1), count: 1025)))) == [.fieldLimit])
        var v9 = writer
        v9.version = 9
        #expect(errors(v9.message(v9.template(300, []))) == [.badTemplate])
        #expect(errors(v9.message(v9.options(300, scopes: [], []))) == [.badTemplate])
    }

    @Test("A bad template does not hide the one behind it")
    func goodBehindBad() {
        var session = DecodedSession()
        let bad = big(UInt16(300)) + big(UInt16(1)) + big(UInt16(2)) + big(UInt16(0))
        let good = big(UInt16(301)) + big(UInt16(1)) + big(UInt16(2)) + big(UInt16(1))
        session.decode(writer.message(writer.set(2, bad + good)))
        #expect(session.errors == [.zeroLengthTemplate])
        #expect(session.decoder.templateCount == 1)
    }

    @Test("A template that says it has more fields than its set holds")
    func cutTemplate() {
        #expect(errors(writer.message(writer.set(2, big(UInt16(300)) + big(UInt16(60000)) + [0, 2, 0, 1]))) == [.truncated])
        #expect(errors(writer.message(writer.set(2, big(UInt16(300)) + big(UInt16(1)) + [0x80, 2, 0, 1]))) == [.truncated])
        #expect(errors(writer.message(writer.set(3, big(UInt16(300)) + big(UInt16(1))))) == [.truncated])
    }

    @Test("Scopes that are more than the fields, or none, or of odd length")
    func scopes() {
        #expect(errors(writer.message(writer.set(3, big(UInt16(300)) + big(UInt16(1)) + big(UInt16(2)) + [0, 34, 0, 1]))) == [.badTemplate])
        #expect(errors(writer.message(writer.set(3, big(UInt16(300)) + big(UInt16(1)) + big(UInt16(0)) + [0, 34, 0, 1]))) == [.badTemplate])
        var v9 = writer
        v9.version = 9
        #expect(errors(v9.message(v9.set(1, big(UInt16(300)) + big(UInt16(3)) + big(UInt16(4)) + [0, 34, 0, 1]))) == [.malformed])
        #expect(errors(v9.message(v9.set(1, big(UInt16(300)) + big(UInt16(65532)) + big(UInt16(65532)) + [0, 34, 0, 1]))) == [.truncated])
    }

    @Test("Set ids that mean nothing are passed over")
    func reservedSets() {
        #expect(
            errors(writer.message(writer.set(4, [1, 2, 3, 4]), writer.set(0, [1, 2]), writer.set(255, []))) == [.malformed, .malformed, .malformed])
        var v9 = writer
        v9.version = 9
        #expect(errors(v9.message(v9.set(2, [1, 2, 3, 4]))) == [.malformed])
    }

    @Test("A data set that is shorter than a record, or empty")
    func shortData() {
        #expect(errors(writer.message(writer.template(300, [(1, 8)]), writer.set(300, [1, 2, 3]))) == [.malformed])
        #expect(errors(writer.message(writer.template(300, [(1, 8)]), writer.set(300, []))).isEmpty)
    }

    @Test("Variable lengths that point behind the set")
    func variableLengths() {
        let template = writer.template(300, [(82, 65535), (2, 1)])
        #expect(errors(writer.message(template, writer.set(300, [200, 1, 2, 3]))) == [.malformed])
        #expect(errors(writer.message(template, writer.set(300, [255, 255, 255, 3]))) == [.malformed])
        #expect(errors(writer.message(template, writer.set(300, [255, 1]))) == [.malformed])
        var session = DecodedSession()
        session.decode(writer.message(template, writer.set(300, [0, 5, 9, 9, 9])))
        #expect(session.flows.map(\.packets) == [5])
        #expect(session.errors == [.malformed])
    }

    @Test("At most 16 errors are noted of a datagram")
    func manyErrors() {
        #expect(errors(writer.message((0..<1000).flatMap { _ in writer.set(4, []) })).count == 16)
    }

    @Test("Noise, and templates with noise in them, are survived", arguments: [5, 9, 10] as [UInt16])
    func noise(version: UInt16) {
        var state: UInt64 = 0x9E37_79B9
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        var limits = SessionDecoder.Limits()
        limits.keptBytes = 10_000
        var session = DecodedSession(detail: true, limits: limits)
        for round in 0..<3000 {
            session.batch.removeAll()
            session.summaries.removeAll()
            var writer = writer
            writer.version = version == 5 ? 10 : version
            var fields: [(UInt16, UInt16)] = []
            for _ in 0...(next() % 20) { fields.append((UInt16(next() % 420), next() % 9 == 0 ? 65535 : UInt16(next() % 20))) }
            let noise = (0..<Int(next() % 300)).map { _ in UInt8(truncatingIfNeeded: next()) }
            var datagram =
                version == 5
                ? big(UInt16(5)) + noise
                : writer.message(
                    next() % 4 == 0
                        ? writer.options(300, scopes: Array(fields.prefix(1)), fields)
                        : writer.template(
                            300, fields,
                            enterprise: [
                                (UInt16(next() % 420), 4, 29305), (UInt16(next() % 300), 65535, 56506), (892, UInt16(next() % 12), 6876),
                            ]), writer.set(300, noise))
            if round % 3 == 0, !datagram.isEmpty { datagram[Int(next()) % datagram.count] = UInt8(truncatingIfNeeded: next()) }
            session.decode(datagram)
            #expect(session.flows.count == session.batch.details.count)
            #expect(session.decoder.keptBytes <= 10_000)
        }
    }
}
