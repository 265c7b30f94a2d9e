import FlowModel
import FlowProtocols
import Testing

@Suite struct NetFlow5Tests {
    private func header(count: UInt16, uptime: UInt32 = 100_000, sampling: UInt16 = 0) -> [UInt8] {
        big(UInt16(5)) + big(count) + big(uptime) + big(UInt32(1_800_000_000)) + big(UInt32(250_000_000)) + big(UInt32(42)) + [7, 9] + big(sampling)
    }

    private func record(
        first: UInt32 = 90_000, last: UInt32 = 95_000, output: UInt16 = 3, proto: UInt8 = 6, destinationPort: UInt16 = 443
    ) -> [UInt8] {
        octets("10.0.0.1") + octets("10.0.0.2") + octets("10.0.0.254") + big(UInt16(2)) + big(output) + big(UInt32(5)) + big(UInt32(1500))
            + big(first) + big(last) + big(UInt16(40000)) + big(destinationPort) + [0, 0x1B, proto, 0x28] + big(UInt16(64512)) + big(UInt16(64513))
            + [24, 16, 0, 0]
    }

    @Test("A record's fields and the header's are read")
    func fields() throws {
        var session = DecodedSession(detail: true)
        let summary = session.decode(header(count: 1) + record())
        #expect(summary.exportProtocol == .netflow5)
        #expect(summary.observationDomain == 7 << 8 | 9)
        #expect(summary.sequenceNumber == 42)
        #expect(summary.sequenceUnits == 1)
        #expect(summary.uptimeMilliseconds == 100_000)
        #expect(summary.exportTime == Timestamp(seconds: 1_800_000_000, nanoseconds: 250_000_000))
        let flow = try #require(session.flows.first)
        #expect("\(flow.source):\(flow.sourcePort) \(flow.destination):\(flow.destinationPort)" == "10.0.0.1:40000 10.0.0.2:443")
        #expect((flow.packets, flow.bytes) == (5, 1500))
        #expect((flow.inputInterface, flow.outputInterface) == (2, 3))
        #expect(flow.tcpFlags == [.fin, .syn, .psh, .ack])
        #expect(flow.traits == .hasTCPFlags)
        #expect((flow.protocolNumber, flow.typeOfService, flow.etherType) == (6, 0x28, 0x0800))
        #expect(flow.end.since(flow.start) == 5_000_000_000)
        #expect(summary.exportTime.since(flow.end) == 5_000_000_000)
        let detail = try #require(session.batch.details.first)
        #expect(detail.nextHop.description == "10.0.0.254")
        #expect((detail.sourceAS, detail.destinationAS) == (64512, 64513))
        #expect((detail.sourceNetmask, detail.destinationNetmask) == (24, 16))
        #expect(detail.sequenceNumber == 42)
    }

    @Test(
        "The header's sampling interval holds with a mode and above 1",
        arguments: [(0x4000 | 100, 100), (0x8000 | 1000, 1000), (0x4001, 0), (0x4000, 0), (100, 0)] as [(UInt16, UInt32)])
    func sampling(field: UInt16, rate: UInt32) {
        var session = DecodedSession()
        session.decode(header(count: 1, sampling: field) + record())
        #expect(session.flows.map(\.samplingRate) == [rate])
    }

    @Test("A flow that began before the uptime wrapped has its time before the header's")
    func wrap() throws {
        var session = DecodedSession()
        session.decode(header(count: 1, uptime: 1000) + record(first: UInt32.max - 3999, last: 500))
        let flow = try #require(session.flows.first)
        #expect(Timestamp(seconds: 1_800_000_000, nanoseconds: 250_000_000).since(flow.start) == 5_000_000_000)
        #expect(flow.end.since(flow.start) == 4_500_000_000)
    }

    @Test("Output 65533 says dropped, 65534 and 65535 several")
    func outputs() {
        var session = DecodedSession()
        session.decode(header(count: 3) + record(output: 65533) + record(output: 65534) + record(output: 65535))
        #expect(session.flows.map { $0.traits.contains(.outputDropped) } == [true, false, false])
        #expect(session.flows.map { $0.traits.contains(.outputMultiple) } == [false, true, true])
        #expect(session.flows.map(\.dropReason) == [.unspecified, .none, .none])
    }

    @Test("ICMP has its type and code in the destination port")
    func icmp() {
        var session = DecodedSession(detail: true)
        session.decode(header(count: 1) + record(proto: 1, destinationPort: 3 << 8 | 13))
        #expect(session.batch.details.map(\.icmpType) == [3])
        #expect(session.batch.details.map(\.icmpCode) == [13])
    }

    @Test("A count that lies gives the records that are there, and an error", arguments: [0, 1, 3, 30, 65535] as [UInt16])
    func count(count: UInt16) {
        var session = DecodedSession()
        session.decode(header(count: count) + record() + record())
        #expect(session.flows.count == min(2, Int(count)))
        #expect(session.errors == [.malformed])
    }

    @Test("A header that is cut off is an error")
    func shortHeader() {
        var session = DecodedSession()
        session.decode(Array(header(count: 1).dropLast()))
        #expect(session.errors == [.truncated])
        #expect(session.flows.isEmpty)
    }
}
