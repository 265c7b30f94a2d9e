import FlowModel
import FlowProtocols
import PacketCapture
import Support
import Testing

/// Datagrams made by hand, for what no capture has (sflow.org/sflow_version_5.txt, sflow_drops.txt, sflow_tunnels.txt).
@Suite struct SFlowDecoderTests {
    private typealias Make = PacketBuilder

    private func datagram(_ samples: [[UInt8]], agent: [UInt8] = [0, 0, 0, 1, 10, 128, 2, 2], count: Int? = nil) -> [UInt8] {
        Make.be32(5) + agent + Make.be32(3) + Make.be32(77) + Make.be32(123_456) + Make.be32(count ?? samples.count) + samples.flatMap { $0 }
    }

    private func item(_ format: Int, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        Make.be32(format) + Make.be32(length ?? body.count) + body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    }

    private func flowSample(_ records: [[UInt8]], source: Int = 2 << 24 | 1000, rate: Int = 64, input: Int = 5, output: Int = 6, count: Int? = nil)
        -> [UInt8]
    {
        let header = [1, source, rate, 64, 0, input, output, count ?? records.count].flatMap { Make.be32($0) }
        return item(1, header + records.flatMap { $0 })
    }

    private func expandedSample(_ records: [[UInt8]], sourceClass: Int = 0, source: Int, input: (Int, Int), output: (Int, Int)) -> [UInt8] {
        let header = [1, sourceClass, source, 0, 64, 0, input.0, input.1, output.0, output.1, records.count].flatMap { Make.be32($0) }
        return item(3, header + records.flatMap { $0 })
    }

    private func rawHeader(_ section: [UInt8], protocol number: Int = 1, frameLength: Int = 62, stripped: Int = 4, length: Int? = nil) -> [UInt8] {
        item(1, [number, frameLength, stripped, length ?? section.count].flatMap { Make.be32($0) } + section)
    }

    private var packet: [UInt8] { Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp())) }

    @Test("The datagram's header goes to the summary, the sample's to the flow")
    func headers() throws {
        let (batch, summary) = SFlow.decode(datagram([flowSample([rawHeader(packet)])]))
        #expect(summary.exportProtocol == .sflow5)
        #expect(summary.agentAddress == IPAddress("10.128.2.2"))
        #expect(summary.observationDomain == 3)
        #expect(summary.sequenceNumber == 77)
        #expect(summary.sequenceUnits == 1)
        #expect(summary.uptimeMilliseconds == 123_456)
        #expect(summary.records == 1)
        #expect(summary.errors.isEmpty)
        let flow = try #require(batch.flows.first)
        #expect(flow.bytes == 62)
        #expect(flow.packets == 1)
        #expect(flow.samplingRate == 64)
        #expect(flow.observationDomain == 3)
        #expect(flow.inputInterface == 5)
        #expect(flow.outputInterface == 6)
        #expect(flow.start == Timestamp(seconds: 1))
        #expect(flow.end == Timestamp(seconds: 1))
        #expect(flow.traits == [.packetSample, .hasTCPFlags])
        #expect(flow.overhead == 22)
        let detail = try #require(batch.details.first)
        #expect(detail.sequenceNumber == 77)
        #expect(detail.agentAddress == IPAddress("10.128.2.2"))
    }

    @Test("Without detail wanted there is none, and the flow is the same")
    func withoutDetail() {
        let bytes = datagram([flowSample([rawHeader(packet)])])
        let batch = SFlow.decode(bytes, wantsDetail: false).batch
        #expect(batch.details.isEmpty)
        #expect(batch.flows.map(\.destinationPort) == [8080])
    }

    @Test("The agent's address may be IPv6, or not known")
    func agents() {
        let v6 = Make.be32(2) + [0xFD, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
        #expect(SFlow.decode(datagram([], agent: v6)).summary.agentAddress?.description == "fd01:0:0:2::2")
        let unknown = SFlow.decode(datagram([flowSample([rawHeader(packet)])], agent: Make.be32(0)))
        #expect(unknown.summary.agentAddress == nil)
        #expect(unknown.batch.flows.count == 1)
        #expect(SFlow.decode(datagram([], agent: Make.be32(9))).summary.errors == [.malformed])
    }

    @Test("A sampling rate of 0 is 1")
    func noRate() {
        #expect(SFlow.decode(datagram([flowSample([rawHeader(packet)], rate: 0)])).batch.flows.first?.samplingRate == 1)
    }

    @Test("An expanded sample's interfaces are written as a compact one's")
    func expanded() throws {
        let sample = expandedSample([rawHeader(packet)], source: 7, input: (0, 7), output: (2, 4))
        let flow = try #require(SFlow.decode(datagram([sample])).batch.flows.first)
        #expect(flow.inputInterface == 7)
        #expect(flow.outputInterface == 0x8000_0004)
        #expect(flow.traits.contains(.outputMultiple))
        #expect(flow.direction == .ingress)
        let large = expandedSample([rawHeader(packet)], source: 7, input: (0, 0x7FFF_FFFF), output: (1, 258))
        let clamped = try #require(SFlow.decode(datagram([large])).batch.flows.first)
        #expect(clamped.inputInterface == 0x3FFF_FFFF)
        #expect(clamped.outputInterface == 0x4000_0102)
        #expect(clamped.dropReason == .sFlow(258))
    }

    @Test("The direction is known only where the data source is one of the two interfaces")
    func direction() {
        let direction = { (source: Int, input: Int, output: Int) in
            SFlow.decode(self.datagram([self.flowSample([self.rawHeader(self.packet)], source: source, input: input, output: output)]))
                .batch.flows.first?.direction
        }
        #expect(direction(5, 5, 6) == .ingress)
        #expect(direction(6, 5, 6) == .egress)
        #expect(direction(7, 5, 6) == .unknown)
        #expect(direction(5, 5, 5) == .unknown)
        #expect(direction(1 << 24 | 5, 5, 6) == .unknown)
    }

    @Test("An output of format 1 is a packet that was dropped, with its reason")
    func dropped() throws {
        let flow = try #require(SFlow.decode(datagram([flowSample([rawHeader(packet)], output: 0x4000_0100)])).batch.flows.first)
        #expect(flow.traits.contains(.outputDropped))
        #expect(flow.dropReason == .sFlow(256))
        #expect(flow.outputInterface == 0x4000_0100)
    }

    @Test("A discarded packet's notification is a flow of its own kind, with its reason")
    func discarded() throws {
        let header = [1, 0, 5, 12, 5, 0, 258, 1].flatMap { Make.be32($0) }
        let (batch, summary) = SFlow.decode(datagram([item(5, header + rawHeader(packet))]))
        #expect(summary.errors.isEmpty)
        let flow = try #require(batch.flows.first)
        #expect(flow.traits.contains(.discardNotification))
        #expect(flow.dropReason == .sFlow(258))
        #expect(flow.dropReason.label == "acl")
        #expect(flow.samplingRate == 1)
        #expect(flow.inputInterface == 5)
        #expect(flow.destinationPort == 8080)
    }

    @Test("Sampled IPv4 and IPv6 stand in where there is no raw header")
    func sampledIP() throws {
        let v4 = item(3, Make.be32(1500) + Make.be32(6) + [10, 128, 2, 9, 10, 129, 2, 6] + [36928, 8080, 0x12, 0xB8].flatMap { Make.be32($0) })
        let ethernet = item(2, Make.be32(1518) + [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0] + Make.be32(0x0800))
        let (batch, summary) = SFlow.decode(datagram([flowSample([v4]), flowSample([ethernet, v4]), flowSample([v4, rawHeader(packet)])]))
        #expect(summary.errors.isEmpty)
        #expect(batch.flows.map(\.bytes) == [1500, 1518, 62])
        #expect(batch.flows.map(\.overhead) == [0, 18, 22])
        #expect(batch.flows.allSatisfy { $0.source.description == "10.128.2.9" && $0.destinationPort == 8080 && $0.tcpFlags.rawValue == 0x12 })
        #expect(batch.flows.map(\.typeOfService) == [0xB8, 0xB8, 0xB8])
        #expect(batch.details[1].sourceMAC == 0x0102_0304_0506)
        #expect(batch.details[1].destinationMAC == 0x0708_090A_0B0C)

        let addresses: [UInt8] = [0xFD] + [UInt8](repeating: 0, count: 14) + [1, 0xFD] + [UInt8](repeating: 0, count: 14) + [2]
        let v6 = item(4, Make.be32(1500) + Make.be32(17) + addresses + [40000, 5353, 0, 0].flatMap { Make.be32($0) })
        let flow = try #require(SFlow.decode(datagram([flowSample([v6])])).batch.flows.first)
        #expect(flow.destination.description == "fd00::2")
        #expect(flow.etherType == 0x86DD)
        #expect(flow.destinationPort == 5353)
        #expect(!flow.traits.contains(.hasTCPFlags))
    }

    @Test("Ethernet frame data alone is enough for what is no IP")
    func sampledEthernet() throws {
        let arp = item(2, Make.be32(64) + [UInt8](repeating: 1, count: 16) + Make.be32(0x0806))
        let (batch, summary) = SFlow.decode(datagram([flowSample([arp])]))
        #expect(summary.errors.isEmpty)
        #expect(batch.flows.first?.etherType == 0x0806)
        #expect(batch.flows.first?.overhead == 64)
    }

    @Test("IP packets without a link layer are read, by either of their header protocols", arguments: [11, 12])
    func ipHeaders(number: Int) {
        let section = number == 11 ? Make.ipv4(protocol: 6, Make.tcp()) : Make.ipv6(next: 6, Make.tcp())
        let (batch, summary) = SFlow.decode(
            datagram([flowSample([rawHeader(section, protocol: number, frameLength: section.count, stripped: 0)])]))
        #expect(summary.errors.isEmpty)
        #expect(batch.flows.first?.destinationPort == 8080)
        #expect(batch.flows.first?.overhead == 0)
    }

    @Test("A packet that cannot be read is counted, and noted")
    func unreadable() throws {
        let samples = [
            flowSample([rawHeader([UInt8](packet.prefix(20)))]), flowSample([rawHeader(packet, protocol: 7)]),
            flowSample([rawHeader(packet, length: 4000)]),
        ]
        let (batch, summary) = SFlow.decode(datagram(samples))
        #expect(summary.errors == [.badPacket, .badPacket, .badPacket])
        #expect(batch.flows.map(\.bytes) == [62, 62, 62])
        #expect(batch.flows.allSatisfy { $0.packets == 1 && $0.etherType == 0 && $0.source.isUnspecified })
        #expect(batch.details.count == 3)
    }

    @Test("A sample of no packet, an application's transaction, is no flow")
    func noPacket() {
        let (batch, summary) = SFlow.decode(datagram([flowSample([item(2201, [UInt8](repeating: 0, count: 32))])]))
        #expect(batch.flows.isEmpty)
        #expect(summary.errors.isEmpty)
    }

    @Test("Switch, router and tunnel records go to the detail")
    func extensions() throws {
        let records = [
            rawHeader(packet), item(1001, [10, 5, 20, 5].flatMap { Make.be32($0) }),
            item(1002, Make.be32(1) + [10, 0, 0, 1] + Make.be32(24) + Make.be32(16)), item(1030, Make.be32(5001)),
            item(1024, Make.be32(0) + Make.be32(17) + [192, 168, 126, 12, 192, 168, 126, 11] + [UInt8](repeating: 0, count: 16)),
        ]
        let (batch, summary) = SFlow.decode(datagram([flowSample(records)]))
        #expect(summary.errors.isEmpty)
        #expect(batch.flows.first?.traits.contains(.tunnelled) == true)
        let detail = try #require(batch.details.first)
        #expect(detail.sourceVLAN == 10)
        #expect(detail.destinationVLAN == 20)
        #expect(detail.nextHop.description == "10.0.0.1")
        #expect(detail.sourceNetmask == 24)
        #expect(detail.destinationNetmask == 16)
        #expect(detail.tunnelSource.description == "192.168.126.12")
        #expect(detail.tunnelDestination.description == "192.168.126.11")
        #expect(detail.tunnelVNI == 5001)
    }

    @Test("An IPv6 tunnel's ends are read; its header is not looked for in the packet once more")
    func tunnelIPv6() throws {
        let inner = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp()))
        let pods = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, Make.udp(to: 4789, Make.vxlan(inner))))
        let outer = item(1026, Make.be32(0) + Make.be32(17) + Make.ipv6(next: 17, []).dropFirst(8) + [UInt8](repeating: 0, count: 16))
        let (batch, _) = SFlow.decode(datagram([flowSample([rawHeader(pods, frameLength: 200), outer])]))
        #expect(batch.flows.first?.destinationPort == 4789)
        #expect(batch.details.first?.tunnelSource.description == "fd01:0:0:2::9")
        #expect(batch.details.first?.tunnelDestination.description == "fd01:0:0:3::6")
    }

    @Test("A decapsulation record says where the inner packet begins")
    func decapsulation() throws {
        let outer = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 47, from: [192, 168, 126, 11], [0, 0, 0x65, 0x58] + packet))
        let (batch, _) = SFlow.decode(datagram([flowSample([rawHeader(outer, frameLength: 200), item(1027, Make.be32(14 + 20 + 4))])]))
        #expect(batch.flows.first?.destinationPort == 8080)
        #expect(batch.flows.first?.traits.contains(.tunnelled) == true)
        #expect(batch.details.first?.tunnelSource.description == "192.168.126.11")
    }

    private func generic(index: Int, errors: Int, octets: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2]) -> [UInt8] {
        let counters = { (base: Int) in Make.be32(base) + Make.be32(-1) + Make.be32(base + 2) + Make.be32(base + 3) + Make.be32(errors) }
        return item(
            1,
            Make.be32(index) + Make.be32(6) + [0, 0, 0, 2, 0x54, 0x0B, 0xE4, 0] + Make.be32(1) + Make.be32(3) + octets + counters(10) + Make.be32(-1)
                + [UInt8](repeating: 0xFF, count: 8) + counters(20) + Make.be32(0))
    }

    @Test("Interface counters are read, those that are not supported as 0", arguments: [false, true])
    func counters(isExpanded: Bool) throws {
        let source = isExpanded ? Make.be32(0) + Make.be32(9) : Make.be32(9)
        let name = item(1005, Make.be32(8) + [UInt8]("vethshop".utf8))
        let sample = item(isExpanded ? 4 : 2, Make.be32(41) + source + Make.be32(3) + generic(index: 9, errors: 7) + item(9999, [1, 2, 3]) + name)
        let (batch, summary) = SFlow.decode(datagram([sample]))
        #expect(summary.errors.isEmpty)
        let counters = try #require(batch.interfaceCounters.first)
        #expect(counters.observationDomain == 3)
        #expect(counters.index == 9)
        #expect(counters.speed == 10_000_000_000)
        #expect(counters.sequenceNumber == 41)
        #expect(counters.input.octets == 1 << 32 | 2)
        #expect(counters.input.unicastPackets == 10)
        #expect(counters.input.multicastPackets == 0)
        #expect(counters.input.broadcastPackets == 12)
        #expect(counters.input.discards == 13)
        #expect(counters.input.errors == 7)
        #expect(counters.output.octets == 0)
        #expect(counters.output.unicastPackets == 20)
        #expect(counters.output.discards == 23)
        #expect(batch.facts == [.interfaceName(domain: 3, index: 9, name: "vethshop")])
    }

    @Test("Ethernet counters tell the errors where the generic ones don't, and are not added to them")
    func ethernetCounters() throws {
        let ethernet = item(2, (1...13).flatMap { Make.be32($0 == 2 ? -1 : $0) })
        let sample = { (errors: Int) in
            self.item(2, Make.be32(1) + Make.be32(9) + Make.be32(2) + ethernet + self.generic(index: 9, errors: errors))
        }
        let unsupported = try #require(SFlow.decode(datagram([sample(-1)])).batch.interfaceCounters.first)
        #expect(unsupported.input.errors == 1 + 11 + 12)
        #expect(unsupported.output.errors == 5 + 7 + 8 + 9 + 10)
        #expect(try #require(SFlow.decode(datagram([sample(7)])).batch.interfaceCounters.first).input.errors == 7)
    }

    @Test("Samples and records of other enterprises and formats are skipped by their length")
    func unknown() {
        let samples = [item(9 << 12 | 1, [1, 2, 3, 4, 5]), flowSample([item(8800 << 12 | 1, [1]), rawHeader(packet)]), item(77, [])]
        let (batch, summary) = SFlow.decode(datagram(samples))
        #expect(summary.errors.isEmpty)
        #expect(batch.flows.count == 1)
    }

    @Test("Counts and lengths that claim more than there is end the reading where it is")
    func lies() {
        let good = flowSample([rawHeader(packet)])
        let manySamples = SFlow.decode(datagram([good], count: 0xFFFF_FFFF))
        #expect(manySamples.batch.flows.count == 1)
        #expect(manySamples.summary.errors == [.truncated])
        let manyRecords = SFlow.decode(datagram([flowSample([rawHeader(packet)], count: 0xFFFF_FFFF), good]))
        #expect(manyRecords.batch.flows.count == 2)
        #expect(manyRecords.summary.errors == [.malformed])
        let long = SFlow.decode(datagram([item(1, [1, 2, 3, 4], length: 0xFFFF_FFFF), good]))
        #expect(long.batch.flows.isEmpty)
        #expect(long.summary.errors == [.truncated])
        #expect(SFlow.decode(datagram([item(1, [1, 2, 3, 4])])).summary.errors == [.truncated])
        let counters = SFlow.decode(datagram([item(2, Make.be32(1) + Make.be32(9) + Make.be32(1) + item(1, [1, 2, 3, 4]))]))
        #expect(counters.batch.interfaceCounters.isEmpty)
        #expect(counters.summary.errors == [.malformed])
    }

    @Test("What is no sFlow of version 5 is refused")
    func versions() {
        #expect(SFlow.decode(Make.be32(4)).summary.errors == [.unknownVersion])
        #expect(SFlow.decode([0, 0, 0]).summary.errors == [.truncated])
        #expect(SFlow.decode(Make.be32(5)).summary.errors == [.malformed])
    }

    @Test("No datagram, however damaged or short, does harm")
    func damaged() throws {
        var reader = try ExportDatagramReader(path: SFlowCaptures.url("ovs-sflow-tunnel.pcap").path)
        var originals: [[UInt8]] = []
        while let datagram = try reader.next(), originals.count < 8 { originals.append(datagram.payload) }
        var random = SeededGenerator(seed: 11)
        for original in originals {
            for length in stride(from: 0, to: original.count, by: 3) {
                let (batch, summary) = SFlow.decode([UInt8](original.prefix(length)))
                #expect(batch.details.count == batch.flows.count)
                #expect(!summary.errors.isEmpty)
            }
            for _ in 0..<500 {
                var damaged = original
                for _ in 0..<4 { damaged[Int(random.next() % UInt64(original.count))] = UInt8(truncatingIfNeeded: random.next()) }
                let (batch, summary) = SFlow.decode(damaged)
                #expect(batch.flows.count == summary.records && batch.details.count == summary.records)
            }
        }
    }
}
