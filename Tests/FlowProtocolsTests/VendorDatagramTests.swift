import FlowModel
import FlowProtocols
import Testing

private struct Expected: Decodable {
    struct Witness: Decodable {
        var octets: UInt64
        var packets: UInt64
        var sources: [String]
        var destinations: [String]
        var records_with_octets: Int
    }
    var tshark: Witness
}

/// Datagrams of about thirty kinds of exporter (vendor-datagrams/README.md), against what tshark reads in them.
@Suite struct VendorDatagramTests {
    /// What is decoded otherwise than by tshark, and why.
    private struct Difference {
        var octets: UInt64
        var packets: UInt64
        var flows: Int
        /// Addresses that tshark does not give, among sources and destinations.
        var moreAddresses: Bool
        var reason: String
    }

    private static let differences: [String: Difference] = [
        "netflow9_test_cisco_asa_1_data": Difference(
            octets: 888, packets: 0, flows: 14, moreAddresses: false,
            reason: "the octets are totals (IE 85), which tshark calls permanent and does not sum; these records have no deltas"),
        "netflow9_test_cisco_asa_2_data": Difference(
            octets: 130_362, packets: 0, flows: 34, moreAddresses: true,
            reason: "initiator and responder octets (IE 231, 232) make two flows of a record, the second with the ends swapped"),
        "netflow9_test_h3c_data3281": Difference(
            octets: 8_729_687, packets: 6113, flows: 16, moreAddresses: true,
            reason: "tshark gives up behind the first record's field 15, an address of 2 octets in this template; the header counts 16 records"),
        "netflow9_test_invalid01": Difference(
            octets: 194, packets: 2, flows: 2, moreAddresses: true,
            reason: "tshark stops after the two records that the header counts; the sets behind them are whole"),
    ]

    /// Files that hold several datagrams one behind the other, of which the first's header speaks, or whose header counts more than there is.
    private static let contradictory: Set = ["ipfix", "netflow5", "netflow5_test_invalid01"]

    private static func expected() throws -> [String: Expected] {
        try Fixtures.json([String: Expected].self, "vendor-datagrams/expected.json")
    }

    @Test("A vendor's datagrams decode to what tshark reads, or differ for a reason")
    func all() throws {
        let expected = try Self.expected()
        #expect(expected.count > 25)
        for (name, expectation) in expected {
            let witness = expectation.tshark
            var session = DecodedSession(detail: true)
            for datagram in try TestCapture.datagrams("vendor-datagrams/\(name).pcap") { session.decode(datagram.payload, at: datagram.time) }
            let difference = Self.differences[name]
            let comment = Comment(rawValue: "\(name): \(difference?.reason ?? "as tshark")")
            #expect(session.errors == (Self.contradictory.contains(name) ? [.malformed] : []), comment)
            #expect(session.octets == difference?.octets ?? witness.octets, comment)
            #expect(session.packets == difference?.packets ?? witness.packets, comment)
            if let difference { #expect(session.flows.count == difference.flows, comment) }
            let sources = Set(session.flows.map(\.source).filter { !$0.isUnspecified }.map(\.description))
            let destinations = Set(session.flows.map(\.destination).filter { !$0.isUnspecified }.map(\.description))
            if difference?.moreAddresses == true {
                #expect(sources.isStrictSuperset(of: witness.sources) && destinations.isStrictSuperset(of: witness.destinations), comment)
            } else {
                #expect(sources == Set(witness.sources) && destinations == Set(witness.destinations), comment)
            }
        }
    }

    @Test(
        "A vendor's templates and options are taken in",
        arguments: [
            ("netflow9_test_cisco_nbar_opttpl260", 1), ("netflow9_test_cisco_wlc_8510_tpl_262", 4), ("ipfix_test_netscaler_tpl", 7),
            ("netflow9_test_paloalto_81_data257_1flowset_in_large_zerofilled_packet", 8),
        ])
    func templates(name: String, count: Int) throws {
        var session = DecodedSession()
        for datagram in try TestCapture.datagrams("vendor-datagrams/\(name).pcap") { session.decode(datagram.payload) }
        #expect(session.decoder.templateCount == count)
        #expect(session.errors.isEmpty)
    }

    @Test("Data of a template that never came is kept, not lost and not an error")
    func netScaler() throws {
        var session = DecodedSession()
        for datagram in try TestCapture.datagrams("vendor-datagrams/ipfix_test_netscaler_data.pcap") { session.decode(datagram.payload) }
        #expect(session.summaries.map(\.keptDataSets) == [4])
        #expect(session.flows.isEmpty)
        for datagram in try TestCapture.datagrams("vendor-datagrams/ipfix_test_netscaler_tpl.pcap") { session.decode(datagram.payload) }
        #expect(session.flows.count == 3)
        // The set of template 280, which is not among them, goes on waiting.
        #expect(session.decoder.keptBytes > 0)
    }

    @Test("Truncated anywhere, a vendor's datagram neither traps nor gives more")
    func truncated() throws {
        for name in try Self.expected().keys {
            let datagrams = try TestCapture.datagrams("vendor-datagrams/\(name).pcap")
            guard let last = datagrams.last else { continue }
            var before = DecodedSession()
            for datagram in datagrams.dropLast() { before.decode(datagram.payload) }
            var whole = before
            whole.decode(last.payload)
            for count in 0..<last.payload.count {
                var session = before
                session.decode(Array(last.payload.prefix(count)))
                #expect(session.flows.count <= whole.flows.count)
            }
        }
    }
}
