import FlowModel
import FlowProtocols
import Testing

import Exporters

@Suite("Sequence numbers")
struct SequenceTests {
    /// (sequence number, records) of every datagram in shared/captures, from their headers; options records are counted as records.
    private static let realRuns: [(String, ExportProtocol, [(UInt32, UInt32)])] = [
        (
            "ovs-netflow5", .netflow5,
            [
                (29, 30), (56, 27), (76, 20), (85, 9), (100, 15), (124, 24), (154, 30), (184, 30), (214, 30), (242, 28), (243, 1), (245, 2), (246, 1),
                (248, 2), (252, 4),
            ]
        ),
        ("nat-netflow5 node1", .netflow5, [(4, 5), (13, 9), (17, 4), (21, 4), (28, 7), (29, 1), (31, 2)]),
        ("nat-netflow5 node2", .netflow5, [(7, 8), (14, 7), (17, 3), (19, 2), (23, 4), (24, 1), (25, 1), (26, 1)]),
        ("softflowd-v5", .netflow5, [(0, 30), (30, 30), (60, 30), (90, 30), (120, 30), (150, 30), (180, 30), (210, 29), (239, 16)]),
        (
            "softflowd-ipfix", .ipfix,
            [
                (18, 19), (44, 26), (70, 26), (96, 26), (120, 24), (138, 18), (160, 22), (184, 24), (204, 20), (228, 24), (248, 20), (272, 24),
                (292, 20),
                (314, 22), (331, 17), (350, 19), (364, 15), (381, 17), (398, 17), (415, 17), (430, 15),
            ]
        ),
        (
            "softflowd-ipfix-biflow", .ipfix,
            [
                (15, 16), (38, 23), (61, 23), (80, 19), (100, 20), (120, 20), (139, 19), (158, 19), (176, 18), (193, 17), (212, 19), (229, 17),
                (246, 17),
                (263, 17), (277, 14),
            ]
        ),
        (
            "pmacctd-ipfix-sampled", .ipfix,
            [
                (0, 3), (3, 7), (10, 6), (16, 6), (22, 6), (28, 7), (35, 7), (42, 8), (50, 7), (57, 6), (63, 7), (70, 7), (77, 6), (83, 7), (90, 6),
            ]
        ),
        ("ovs-ipfix-bridge", .ipfix, .init(repeating: (1, 0), count: 19) + (1...1143).map { (UInt32($0), 1) }),
        ("softflowd-psamp", .ipfix, [(1, 0)] + (1...224).map { (UInt32($0), 1) }),
        ("softflowd-v9", .netflow9, (1...19).map { (UInt32($0), 30) }),
        ("pmacctd-v9", .netflow9, (1...74).map { (UInt32($0), 8) }),
        ("ovs-sflow", .sflow5, (1...137).map { (UInt32($0), 1) }),
    ]

    @Test("No real exporter's capture shows a loss", arguments: realRuns)
    func captures(name: String, exportProtocol: ExportProtocol, datagrams: [(UInt32, UInt32)]) {
        var session = session()
        #expect(session.lost(exportProtocol, datagrams) == 0, "\(name)")
        #expect(session.status().contradictions.isEmpty)
    }

    @Test("What is taken out of a capture is what is lost, in either reading", arguments: realRuns)
    func losses(name: String, exportProtocol: ExportProtocol, datagrams: [(UInt32, UInt32)]) {
        guard datagrams.count > 12 else { return }
        var remaining = datagrams
        let missing = remaining.remove(at: remaining.count - 4)
        // softflowd doesn't count its options records; none is in the datagram taken out.
        let units: UInt64 = exportProtocol == .netflow9 || exportProtocol == .sflow5 ? 1 : UInt64(missing.1)
        var session = session()
        #expect(session.lost(exportProtocol, remaining) == units, "\(name)")
    }

    @Test("Datagrams that change places lose nothing; what stays away for two seconds is lost")
    func order() {
        var session = session()
        #expect(session.lost(.sflow5, [(1, 1), (2, 1), (4, 1), (3, 1), (5, 1), (9, 1), (7, 1), (6, 1), (8, 1), (10, 1)]) == 0)
        #expect(session.lost(.sflow5, [(11, 1), (14, 1)], from: seconds(7200)) == 2)
    }

    @Test("A restart loses nothing: the uptime tells it, or two numbers in a row that go on from each other")
    func restart() {
        var byUptime = session()
        for (index, (sequence, uptime)) in ([(500, 900_000), (501, 901_000), (40, 1000), (41, 2000)] as [(UInt32, UInt32)]).enumerated() {
            var batch = FlowBatch()
            byUptime.normalise(
                &batch, summary: summary(.sflow5, sequence: sequence) { $0.uptimeMilliseconds = uptime }, receivedAt: seconds(Double(index)))
        }
        #expect(byUptime.lost(.sflow5, [(42, 1)], from: seconds(10)) == 0)
        var bySequence = session()
        #expect(bySequence.lost(.ipfix, [(5000, 10), (5010, 12), (0, 3), (3, 5), (8, 2)]) == 0)
        var far = session()
        #expect(far.lost(.netflow9, [(10, 1), (11, 1), (4_000_000, 1), (4_000_001, 1), (4_000_003, 1)]) == 1)
    }

    @Test("Numbers wrap at 32 bits")
    func wrap() {
        var session = session()
        #expect(session.lost(.ipfix, [(.max - 4, 3), (.max - 1, 5), (3, 2), (5, 1)]) == 0)
    }

    @Test("A datagram of which a part could not be decoded proves no loss")
    func undecoded() {
        var session = session()
        var batch = FlowBatch()
        session.normalise(&batch, summary: summary(.ipfix, sequence: 10, units: 5), receivedAt: noon)
        session.normalise(&batch, summary: summary(.ipfix, sequence: 15, units: 0) { $0.keptDataSets = 1 }, receivedAt: noon)
        session.normalise(&batch, summary: summary(.ipfix, sequence: 35, units: 7), receivedAt: noon)
        #expect(session.lost(.ipfix, [(42, 3), (45, 1)]) == 0)
    }

    @Test("Domains are numbered apart, but Open vSwitch numbers all of its in one run")
    func domains() {
        // captures/ovs-ipfix-flow.pcap: options in domain 0, flows in 100, two of domain 200 amid them.
        let run: [(UInt32, UInt32)] = [(100, 1), (0, 1), (100, 2), (100, 3), (200, 4), (200, 5), (100, 6), (100, 7)]
        func lost(_ facts: [ExporterFact]) -> UInt64 {
            var session = session()
            _ = session.count([], facts: facts) { $0.sequenceNumber = 1 }
            for (domain, sequence) in run {
                var batch = FlowBatch()
                let units: UInt32 = domain == 100 && sequence == 1 ? 0 : 1
                session.normalise(&batch, summary: summary(.ipfix, sequence: sequence, units: units, domain: domain), receivedAt: noon)
            }
            return session.lost(.ipfix, [])
        }
        #expect(lost([.template(domain: 100, id: 256, traits: .openVSwitch)]) == 0)
        #expect(lost([]) > 0)
    }

    @Test("Two runs that take turns are told as a shared address")
    func twoRuns() {
        var session = session()
        var datagrams: [(UInt32, UInt32)] = []
        for index in 0..<40 as Range<UInt32> {
            datagrams.append((1000 + index / 4, 1))
            if index % 4 == 3 { datagrams += [(900_000 + index, 1), (900_001 + index, 1)] }
        }
        _ = session.lost(.netflow9, datagrams)
        #expect(session.status().contradictions.contains { $0.contains("jump between runs") })
    }
}
