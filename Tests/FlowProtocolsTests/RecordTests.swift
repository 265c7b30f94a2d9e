import FlowModel
import FlowProtocols
import Testing

/// What single elements of data records become.
@Suite struct RecordTests {
    private static let now: Int64 = 1_800_000_000

    /// Decodes one record; fields are (element, octets).
    private func decode(
        version: UInt16 = 10, detail: Bool = false, _ fields: [(UInt16, [UInt8])], enterprise: [(UInt16, UInt32, [UInt8])] = []
    ) -> DecodedSession {
        let writer = MessageWriter(version: version)
        var session = DecodedSession(detail: detail)
        let template = writer.template(
            300, fields.map { ($0.0, UInt16($0.1.count)) }, enterprise: enterprise.map { ($0.0, UInt16($0.2.count), $0.1) })
        session.decode(writer.message(template, writer.set(300, fields.flatMap(\.1) + enterprise.flatMap(\.2))))
        #expect(session.errors.isEmpty)
        return session
    }

    private func flow(version: UInt16 = 10, _ fields: [(UInt16, [UInt8])]) throws -> Flow {
        let session = decode(version: version, fields)
        #expect(session.flows.count == 1)
        return try #require(session.flows.first)
    }

    @Test("Addresses of both families, and the EtherType they imply")
    func addresses() throws {
        let v4 = try flow([(8, octets("10.0.0.1")), (12, octets("10.0.0.2"))])
        #expect("\(v4.source) \(v4.destination) \(v4.etherType)" == "10.0.0.1 10.0.0.2 2048")
        let v6 = try flow([(27, octets("2001:db8::1")), (28, octets("2001:db8::2"))])
        #expect("\(v6.source) \(v6.destination) \(v6.etherType)" == "2001:db8::1 2001:db8::2 34525")
    }

    @Test("In a template with both families the one that is set counts")
    func hybrid() throws {
        let none4 = octets("0.0.0.0")
        let none6 = octets("::")
        let v6 = try flow([(8, none4), (12, none4), (27, octets("fd00::1")), (28, octets("fd00::2")), (60, [6])])
        #expect("\(v6.source) \(v6.destination) \(v6.etherType)" == "fd00::1 fd00::2 34525")
        let v4 = try flow([(8, octets("10.0.0.1")), (12, octets("10.0.0.2")), (27, none6), (28, none6), (60, [4])])
        #expect("\(v4.source) \(v4.destination) \(v4.etherType)" == "10.0.0.1 10.0.0.2 2048")
        let dhcp = try flow([(8, none4), (12, octets("255.255.255.255")), (27, none6), (28, none6)])
        #expect("\(dhcp.source) \(dhcp.destination) \(dhcp.etherType)" == "0.0.0.0 255.255.255.255 2048")
    }

    @Test("The EtherType is the element's, or follows from the IP version")
    func etherType() throws {
        #expect(try flow([(256, big(UInt16(0x0806))), (2, [1])]).etherType == 0x0806)
        #expect(try flow([(60, [6]), (2, [1])]).etherType == 0x86DD)
        #expect(try flow([(60, [4]), (2, [1])]).etherType == 0x0800)
    }

    @Test("Integers are read in every reduced size", arguments: 1...8)
    func reducedSize(width: Int) throws {
        let value = UInt64(0x0102_0304_0506_0708)
        let octets = Array(big(value).suffix(width))
        let flow = try flow([(1, octets), (2, octets), (10, octets)])
        let expected = width == 8 ? value : value & (1 << UInt64(8 * width) - 1)
        #expect(flow.bytes == expected)
        #expect(flow.packets == expected)
        #expect(flow.inputInterface == UInt32(truncatingIfNeeded: expected))
    }

    @Test("Fields of impossible or no width are passed over")
    func impossibleWidths() throws {
        let flow = try flow([(1, [UInt8](repeating: 9, count: 9)), (8, [1, 2]), (27, [1]), (2, []), (86, [3]), (7, [1, 2])])
        #expect(flow.bytes == 0)
        #expect(flow.packets == 3)
        #expect(flow.source.isUnspecified)
        #expect(flow.sourcePort == 0x0102)
    }

    @Test("Delta counts win over totals, these over outgoing counts")
    func counts() throws {
        let openVSwitch = try flow([(85, [99]), (1, [5]), (86, [98]), (2, [4]), (23, [97])])
        #expect((openVSwitch.bytes, openVSwitch.packets) == (5, 4))
        #expect(!openVSwitch.traits.contains(.totals))
        let totals = try flow([(23, [97]), (85, [99]), (86, [98])])
        #expect((totals.bytes, totals.packets) == (99, 98))
        #expect(totals.traits.contains(.totals))
        let outgoing = try flow([(23, [97]), (24, [2])])
        #expect((outgoing.bytes, outgoing.packets) == (97, 2))
        #expect(!outgoing.traits.contains(.totals))
        let mixed = try flow([(1, [5]), (86, [98])])
        #expect((mixed.bytes, mixed.packets) == (5, 0))
        #expect(try flow([(352, [60]), (2, [1])]).bytes == 60)
    }

    @Test("Initiator and responder counts make two flows, a responder that sent nothing makes none")
    func responder() {
        let ends: [(UInt16, [UInt8])] = [(8, octets("10.0.0.1")), (12, octets("10.0.0.2")), (7, big(UInt16(1024))), (11, big(UInt16(80)))]
        let both = decode(ends + [(231, [10]), (232, [20]), (298, [1]), (299, [2])])
        #expect(both.flows.map { "\($0.source):\($0.sourcePort) \($0.packets)/\($0.bytes)" } == ["10.0.0.1:1024 1/10", "10.0.0.2:80 2/20"])
        #expect(both.flows.map { $0.traits.contains(.reverse) } == [false, true])
        #expect(both.summaries.map(\.records) == [1])
        #expect(decode(ends + [(231, [10]), (232, [0])]).flows.count == 1)
    }

    @Test("Reverse elements make a flow with the ends, interfaces and details swapped and its own flags")
    func reverse() throws {
        let session = decode(
            detail: true,
            [
                (8, octets("10.0.0.1")), (12, octets("10.0.0.2")), (4, [6]), (1, [10]), (2, [1]), (6, [0x02]), (10, [3]), (14, [4]), (61, [0]),
                (133, [1]), (56, [1, 2, 3, 4, 5, 6]), (152, big(UInt64(1_000_000))),
            ],
            enterprise: [(1, 29305, [20]), (2, 29305, [2]), (6, 29305, [0x12]), (152, 29305, big(UInt64(1_000_500)))])
        #expect(session.flows.count == 2)
        let flow = try #require(session.flows.last)
        #expect("\(flow.source) \(flow.destination) \(flow.packets)/\(flow.bytes)" == "10.0.0.2 10.0.0.1 2/20")
        #expect((flow.inputInterface, flow.outputInterface, flow.tcpFlags.rawValue) == (4, 3, 0x12))
        #expect(flow.traits == [.reverse, .hasTCPFlags])
        #expect((flow.droppedPackets, flow.dropReason) == (0, .none))
        #expect(flow.start.nanoseconds == 1_000_500_000_000)
        #expect(session.batch.details.last?.destinationMAC == 0x0102_0304_0506)
        let facts = session.batch.facts.compactMap { if case .template(_, _, let traits) = $0 { traits } else { nil } }
        #expect(facts == [.biflow])
    }

    @Test("Ports in the spellings of UDP and TCP; the one that is set counts")
    func ports() throws {
        let udp = try flow([(180, big(UInt16(53))), (181, big(UInt16(5353))), (182, [0, 0]), (183, [0, 0])])
        #expect((udp.sourcePort, udp.destinationPort) == (53, 5353))
        let plain = try flow([(180, big(UInt16(1))), (7, big(UInt16(2)))])
        #expect(plain.sourcePort == 2)
    }

    @Test("TCP flags of one and of two octets; only then are there flags")
    func flags() throws {
        #expect(try flow([(6, [0x12])]).tcpFlags == [.syn, .ack])
        let wide = try flow([(6, [0x51, 0x12])])
        #expect(wide.tcpFlags.rawValue == 0x112)
        #expect(wide.traits.contains(.hasTCPFlags))
        #expect(try flow([(2, [1])]).traits.isEmpty)
    }

    @Test("Interfaces, VLANs, direction, fragments and the rest of the small fields")
    func small() throws {
        let flow = try flow([
            (252, [8]), (253, [9]), (243, big(UInt16(100))), (61, [1]), (5, [0xB8]), (192, [63]), (136, [3]), (138, big(UInt32(456))),
            (149, big(UInt32(77))), (88, big(UInt16(185))), (4, [17]),
        ])
        #expect((flow.inputInterface, flow.outputInterface, flow.vlan) == (8, 9, 100))
        #expect((flow.direction, flow.typeOfService, flow.timeToLive, flow.endReason) == (.egress, 0xB8, 63, 3))
        #expect((flow.observationPoint, flow.observationDomain, flow.protocolNumber) == (456, 77, 17))
        #expect(flow.traits == .laterFragment)
        #expect(try self.flow([(61, [7])]).direction == .unknown)
        #expect(try self.flow([(59, big(UInt16(7)))]).vlan == 7)
        #expect(try self.flow([(195, [46])]).typeOfService == 0xB8)
        #expect(try self.flow([(2, [1])]).observationDomain == 7)
    }

    @Test("Absolute times in seconds, milliseconds, microseconds and nanoseconds")
    func absoluteTimes() throws {
        let ntp = big(UInt32(2_208_988_800 + 1_700_000_000)) + big(UInt32(0x8000_0000))
        let expected = Timestamp(seconds: 1_700_000_000, nanoseconds: 500_000_000)
        #expect(try flow([(150, big(UInt32(1_700_000_000)))]).start == Timestamp(seconds: 1_700_000_000))
        #expect(try flow([(153, big(UInt64(1_700_000_000_500)))]).end == expected)
        #expect(try flow([(154, ntp)]).start == expected)
        #expect(try flow([(157, ntp)]).end == expected)
        // The finest of several.
        #expect(try flow([(150, big(UInt32(1))), (152, big(UInt64(2))), (156, ntp)]).start == expected)
        // 2036-02-07T06:28:16Z: NTP's second era begins.
        #expect(try flow([(155, big(UInt32(0)) + big(UInt32(0x8000_0000)))]).end == Timestamp(seconds: 2_085_978_496, nanoseconds: 500_000_000))
        #expect(try flow([(152, big(UInt64.max)), (151, big(UInt64.max))]).start == .unknown)
    }

    @Test("Times before the export time, in microseconds")
    func deltaTimes() throws {
        let flow = try flow([(158, big(UInt32(2_000_000))), (159, big(UInt32(500_000)))])
        #expect(flow.start == Timestamp(seconds: Self.now - 2))
        #expect(flow.end == Timestamp(seconds: Self.now).advanced(by: -500_000_000))
    }

    @Test("Uptimes: against the header's in version 9, against the system's start in IPFIX, unknown without it")
    func uptimes() throws {
        let uptimes: [(UInt16, [UInt8])] = [(22, big(UInt32(90_000))), (21, big(UInt32(95_000)))]
        let v9 = try flow(version: 9, uptimes)
        #expect(v9.start == Timestamp(seconds: Self.now - 10))
        #expect(v9.end == Timestamp(seconds: Self.now - 5))
        #expect(try flow(uptimes).start == .unknown)
        let inRecord = try flow(uptimes + [(160, big(UInt64(Self.now - 100) * 1000))])
        #expect(inRecord.start == Timestamp(seconds: Self.now - 10))
        #expect(inRecord.end == Timestamp(seconds: Self.now - 5))
        let writer = MessageWriter()
        var session = DecodedSession()
        session.decode(
            writer.message(
                writer.options(400, scopes: [(143, 4)], [(160, 8)]), writer.set(400, big(UInt32(1)) + big(UInt64(Self.now - 100) * 1000))))
        session.decode(writer.message(writer.template(300, [(22, 4)]), writer.set(300, big(UInt32(90_000)))))
        #expect(session.flows.map(\.start) == [Timestamp(seconds: Self.now - 10)])
    }

    @Test("ICMP type and code in all their spellings become the destination port")
    func icmp() throws {
        let v4: [(UInt16, [UInt8])] = [(4, [1]), (11, [0, 0])]
        let v6: [(UInt16, [UInt8])] = [(4, [58])]
        #expect(try flow(v4 + [(32, [3, 1])]).destinationPort == 0x0301)
        #expect(try flow(v4 + [(176, [3]), (177, [1])]).destinationPort == 0x0301)
        #expect(try flow(v6 + [(139, [128, 0])]).destinationPort == 0x8000)
        #expect(try flow(v6 + [(178, [1]), (179, [4])]).destinationPort == 0x0104)
        #expect(try flow([(4, [6]), (11, [1, 187]), (32, [3, 1])]).destinationPort == 443)
        #expect(try flow([(4, [1]), (11, [8, 0]), (32, [0, 0])]).destinationPort == 0x0800)
        let detail = decode(detail: true, v4 + [(32, [3, 1])]).batch.details.first
        #expect(detail?.icmpType == 3)
        #expect(detail?.icmpCode == 1)
    }

    @Test("A forwarding status of class 2 is a drop with its reason, in one octet or four")
    func forwardingStatus() throws {
        #expect(try flow([(89, [0x40])]).dropReason == .none)
        #expect(try flow([(89, [0x40])]).forwardingStatus == 0x40)
        #expect(try flow([(89, [0x81])]).dropReason == .forwardingStatus(0x81))
        #expect(try flow([(89, [0xC0])]).dropReason == .none)
        #expect(try flow([(89, [0x81, 0, 0, 0])]).dropReason == .forwardingStatus(0x81))
        #expect(try flow([(89, [0, 0, 0, 0x81])]).dropReason == .forwardingStatus(0x81))
        #expect(try flow([(89, [0x81]), (133, [5])]).dropReason == .forwardingStatus(0x81))
    }

    @Test("Dropped counts are taken over and mark the flow")
    func drops() throws {
        let flow = try flow([(132, big(UInt16(300))), (133, [2]), (2, [5])])
        #expect((flow.droppedBytes, flow.droppedPackets, flow.packets, flow.dropReason) == (300, 2, 5, .unspecified))
        #expect(try self.flow([(133, [0]), (2, [5])]).dropReason == .none)
    }

    @Test("A record's own sampling rate, in each of its ways")
    func sampling() throws {
        #expect(try flow([(34, big(UInt32(512)))]).samplingRate == 512)
        #expect(try flow([(50, big(UInt16(100))), (49, [2])]).samplingRate == 100)
        #expect(try flow([(305, [1]), (306, [99])]).samplingRate == 100)
        #expect(try flow([(305, [2]), (306, [98])]).samplingRate == 50)
        #expect(try flow([(309, [1]), (310, big(UInt16(1000)))]).samplingRate == 1000)
        #expect(try flow([(34, [100]), (35, [0])]).samplingRate == 1)
        #expect(try flow([(305, [0]), (306, [99])]).samplingRate == 0)
        #expect(try flow([(305, big(UInt64.max)), (306, big(UInt64.max))]).samplingRate == 1)
        let sampler = try flow([(302, big(UInt64(9))), (2, [1])])
        #expect(sampler.traits == .hasSampler)
        #expect((sampler.sampler, sampler.samplingRate) == (9, 0))
    }

    @Test("Details: MAC addresses, routes, labels, fragments")
    func details() throws {
        let session = decode(
            detail: true,
            [
                (56, [0x0A, 0x58, 1, 2, 3, 4]), (80, [1, 1, 1, 1, 1, 1]), (58, big(UInt16(10))), (59, big(UInt16(20))), (31, [0x0F, 0xFF, 0xFF]),
                (54, big(UInt32(77))), (88, big(UInt16(3))), (16, big(UInt32(65551))), (17, big(UInt16(2))), (9, [24]), (13, [16]),
                (15, octets("10.0.0.254")), (351, [1, 0, 0, 0, 0, 0, 19, 137]),
            ])
        let detail = try #require(session.batch.details.first)
        #expect((detail.sourceMAC, detail.destinationMAC) == (0x0A58_0102_0304, 0x0101_0101_0101))
        #expect((detail.sourceVLAN, detail.destinationVLAN) == (10, 20))
        #expect((detail.ipv6FlowLabel, detail.fragmentID, detail.fragmentOffset) == (0xF_FFFF, 77, 3))
        #expect((detail.sourceAS, detail.destinationAS) == (65551, 2))
        #expect((detail.sourceNetmask, detail.destinationNetmask, detail.tunnelVNI) == (24, 16, 5001))
        #expect(detail.nextHop.description == "10.0.0.254")
        #expect(decode(detail: true, [(62, octets("fd00::1"))]).batch.details.first?.nextHop.description == "fd00::1")
    }

    @Test("Unknown and enterprise elements are passed over by their length")
    func unknown() {
        let session = decode([(9999, [1, 2, 3]), (2, [5])], enterprise: [(1, 4242, [9, 9, 9, 9])])
        #expect(session.flows.map(\.packets) == [5])
        #expect(session.flows.map(\.bytes) == [0])
    }

    @Test("Antrea's pod names are handed on, for both halves of a biflow")
    func antrea() {
        let writer = MessageWriter()
        var session = DecodedSession()
        let antrea: UInt32 = 56506
        session.decode(
            writer.message(
                writer.template(
                    300, [(8, 4), (12, 4), (2, 8)],
                    enterprise: [
                        (2, 8, 29305), (101, 65535, antrea), (100, 65535, antrea), (103, 65535, antrea), (102, 65535, antrea), (104, 65535, antrea),
                    ])))
        func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }
        session.decode(
            writer.message(
                writer.set(
                    300,
                    octets("10.0.0.1") + octets("10.0.0.2") + big(UInt64(3)) + big(UInt64(4)) + text("shop") + text("web") + text("db-0")
                        + text("data")
                        + text("node-1"))))
        #expect(session.errors.isEmpty)
        #expect(session.flows.map(\.packets) == [3, 4])
        var forward = ClaimedNames(flow: 0)
        (forward.sourcePod, forward.sourceNamespace, forward.destinationPod, forward.destinationNamespace) = ("shop", "web", "db-0", "data")
        var reverse = ClaimedNames(flow: 1)
        (reverse.sourcePod, reverse.sourceNamespace, reverse.destinationPod, reverse.destinationNamespace) = ("db-0", "data", "shop", "web")
        #expect(session.batch.claimedNames == [forward, reverse])
    }

    @Test("A packet section is one packet of the frame's length; its padding does not count as packet")
    func packetSections() throws {
        let header: [UInt8] = [0x45, 0, 0x05, 0xDC] + [UInt8](repeating: 0, count: 16)
        let frame = [UInt8](repeating: 2, count: 12) + [8, 0] + header
        let said = decodePackets([(312, big(UInt16(1518))), (410, big(UInt16(34))), (315, frame + [UInt8](repeating: 0, count: 30))])
        #expect((said.packets, said.bytes) == (1, 1518))
        #expect(said.traits.contains(.packetSample))
        #expect(decodePackets([(315, frame)]).bytes == 1514)
        #expect(decodePackets([(313, header)]).bytes == 1500)
        #expect(decodePackets([(224, big(UInt16(900))), (313, header)]).bytes == 900)
        let counted = decodePackets([(1, [77]), (2, [3]), (313, header)])
        #expect((counted.packets, counted.bytes) == (3, 77))
        let payload = decodePackets([(4, [17]), (224, big(UInt16(100))), (314, big(UInt16(53)) + big(UInt16(4000)))])
        #expect((payload.packets, payload.bytes, payload.sourcePort, payload.destinationPort) == (1, 100, 53, 4000))
    }

    /// A record with a packet section, whatever its parsing says.
    private func decodePackets(_ fields: [(UInt16, [UInt8])]) -> Flow {
        let writer = MessageWriter()
        var session = DecodedSession()
        session.decode(
            writer.message(writer.template(300, fields.map { ($0.0, UInt16($0.1.count)) }), writer.set(300, fields.flatMap(\.1))))
        return session.flows.first ?? Flow()
    }
}
