import FlowModel
import FlowProtocols
import Testing

@Suite struct EncoderTests {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let now = start.advanced(by: 100_000_000_000)

    private func flow(_ source: String, _ destination: String, _ bytes: UInt64) throws -> Flow {
        var flow = Flow()
        flow.source = try #require(IPAddress(source))
        flow.destination = try #require(IPAddress(destination))
        (flow.bytes, flow.packets, flow.sourcePort, flow.destinationPort) = (bytes, bytes / 100 + 1, 40000, 443)
        (flow.protocolNumber, flow.typeOfService, flow.tcpFlags) = (6, 0xB8, [.syn, .ack])
        (flow.inputInterface, flow.outputInterface) = (3, 4)
        flow.start = Self.start.advanced(by: 10_000_000_000)
        flow.end = Self.start.advanced(by: 20_000_000_000)
        return flow
    }

    private func line(_ flow: Flow) -> String {
        "\(flow.source):\(flow.sourcePort) \(flow.destination):\(flow.destinationPort) \(flow.protocolNumber) \(flow.packets)/\(flow.bytes) "
            + "\(flow.typeOfService) \(flow.tcpFlags.rawValue) \(flow.inputInterface)>\(flow.outputInterface) \(flow.start.nanoseconds) \(flow.end.nanoseconds)"
    }

    @Test("What is encoded decodes to the same flows", arguments: [ExportProtocol.netflow5, .netflow9, .ipfix])
    func roundTrip(exportProtocol: ExportProtocol) throws {
        var flows = try (0..<100).map { try flow("10.0.0.\($0)", "10.1.0.\($0)", UInt64($0) * 1000) }
        if exportProtocol != .netflow5 { flows += try (0..<100).map { try flow("fd00::\($0)", "fd01::\($0)", UInt64($0) * 5_000_000_000) } }
        var encoder = FlowEncoder(exportProtocol, domain: 0x0102, systemStart: Self.start)
        var session = DecodedSession()
        if let templates = encoder.templates(at: Self.now) { session.decode(templates) }
        var sequence = encoder.sequenceNumber
        for datagram in encoder.datagrams(flows, at: Self.now) {
            #expect(datagram.count <= 1400)
            let summary = session.decode(datagram)
            #expect(summary.sequenceNumber == sequence)
            sequence &+= summary.sequenceUnits
        }
        #expect(sequence == encoder.sequenceNumber)
        #expect(session.errors.isEmpty)
        #expect(session.flows.map(line) == flows.map(line))
        #expect(session.flows.allSatisfy { $0.observationDomain == 0x0102 && $0.exportProtocol == exportProtocol })
    }

    @Test("A sampling rate is announced for the sampler that records refer to, or for the domain", arguments: [ExportProtocol.netflow9, .ipfix])
    func rate(exportProtocol: ExportProtocol) throws {
        for sampler in [5, nil] as [UInt32?] {
            var encoder = FlowEncoder(exportProtocol, domain: 9, systemStart: Self.start, sampler: sampler)
            var session = DecodedSession()
            let templates = encoder.templates(at: Self.now)
            let rate = encoder.samplingRate(400, at: Self.now)
            session.decode(try #require(templates))
            session.decode(try #require(rate))
            for datagram in encoder.datagrams([try flow("10.0.0.1", "10.0.0.2", 100)], at: Self.now) { session.decode(datagram) }
            #expect(session.batch.facts.last == .samplingRate(domain: 9, sampler: sampler, rate: 400))
            #expect(session.flows.map { $0.traits.contains(.hasSampler) } == [sampler != nil])
            #expect(session.flows.map(\.sampler) == [sampler ?? 0])
            #expect(session.errors.isEmpty)
        }
    }

    @Test("Version 5 has its sampling interval in the header, and no IPv6")
    func version5() throws {
        var encoder = FlowEncoder(.netflow5, systemStart: Self.start, headerInterval: 100)
        #expect(encoder.templates(at: Self.now) == nil)
        #expect(encoder.samplingRate(3, at: Self.now) == nil)
        var session = DecodedSession()
        for datagram in encoder.datagrams([try flow("10.0.0.1", "10.0.0.2", 1), try flow("fd00::1", "fd00::2", 1)], at: Self.now) {
            session.decode(datagram)
        }
        #expect(session.flows.map(\.samplingRate) == [100])
    }
}
