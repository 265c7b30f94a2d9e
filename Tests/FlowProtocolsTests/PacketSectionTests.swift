import FlowModel
import FlowProtocols
import Support
import Testing

@Suite struct PacketSectionTests {
    private typealias Make = PacketBuilder

    private struct Parsed {
        var isReadable: Bool
        var flow: Flow
        var detail: FlowDetail
        /// IP octets of the packet.
        var ipLength: Int
    }

    private func parse(
        _ bytes: [UInt8], link: PacketSection.Link = .ethernet, frameLength: Int? = nil, stripped: Int = 0, tunnelEnd: Int? = nil,
        opensTunnels: Bool = true
    ) -> Parsed {
        var flow = Flow()
        var detail = FlowDetail()
        let length = frameLength ?? bytes.count
        let isReadable = unsafe bytes.withUnsafeBytes { buffer in
            let section = unsafe ByteReader(buffer)
            let hasDetail = PacketSection.parseDetail(section, link: link, tunnelEnd: tunnelEnd, opensTunnels: opensTunnels, into: &detail)
            let isReadable = PacketSection.parse(
                section, link: link, frameLength: length, stripped: stripped, tunnelEnd: tunnelEnd, opensTunnels: opensTunnels, into: &flow)
            #expect(hasDetail == isReadable)
            return isReadable
        }
        return Parsed(isReadable: isReadable, flow: flow, detail: detail, ipLength: length - Int(flow.overhead))
    }

    @Test("A TCP packet's header gives everything that is counted and shown")
    func tcp() {
        let parsed = parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(flags: 0x112))), frameLength: 58)
        #expect(parsed.isReadable)
        #expect(parsed.flow.source.description == "10.128.2.9")
        #expect(parsed.flow.destination.description == "10.129.2.6")
        #expect(parsed.flow.etherType == 0x0800)
        #expect(parsed.flow.protocolNumber == 6)
        #expect(parsed.flow.sourcePort == 36928)
        #expect(parsed.flow.destinationPort == 8080)
        #expect(parsed.flow.tcpFlags.rawValue == 0x112)
        #expect(parsed.flow.traits == .hasTCPFlags)
        #expect(parsed.flow.typeOfService == 0xB8)
        #expect(parsed.flow.timeToLive == 63)
        #expect(parsed.flow.overhead == 18)
        #expect(parsed.detail.destinationMAC == 0x0A58_0A80_0209)
        #expect(parsed.detail.sourceMAC == 0x0A58_0A81_0206)
        #expect(parsed.detail.fragmentID == 0x1234)
    }

    @Test(
        "The outermost tag is the VLAN, whatever its EtherType",
        arguments: [[(0x8100, 100)], [(0x88A8, 100), (0x8100, 7)], [(0x9100, 100), (0x8100, 7)], [(0x8100, 100), (0x8100, 7), (0x8100, 8)]])
    func tags(tags: [(Int, Int)]) {
        let frame = Make.ethernet(type: 0x0800, tags: tags.map { (type: $0.0, vlan: $0.1) }, Make.ipv4(protocol: 17, Make.udp()))
        let parsed = parse(frame)
        #expect(parsed.isReadable)
        #expect(parsed.flow.vlan == 100)
        #expect(parsed.flow.etherType == 0x0800)
        #expect(parsed.flow.destinationPort == 5353)
        #expect(Int(parsed.flow.overhead) == 14 + 4 * tags.count)
    }

    @Test("IPv4 options are stepped over, and a header longer than the section leaves no ports")
    func options() {
        let frame = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, options: [UInt8](repeating: 1, count: 40), Make.udp()))
        #expect(parse(frame).flow.destinationPort == 5353)
        let cut = parse([UInt8](frame.prefix(14 + 30)), frameLength: frame.count)
        #expect(cut.isReadable)
        #expect(cut.flow.destination.description == "10.129.2.6")
        #expect(cut.flow.destinationPort == 0)
        #expect(cut.ipLength == 68)
    }

    @Test("A first fragment has ports, a later one has none and says so")
    func fragments() {
        let first = parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, fragment: 0x2000, Make.udp())))
        #expect(first.flow.destinationPort == 5353)
        #expect(!first.flow.traits.contains(.laterFragment))
        let later = parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, fragment: 185, Make.udp())))
        #expect(later.flow.destinationPort == 0)
        #expect(later.flow.protocolNumber == 17)
        #expect(later.flow.traits.contains(.laterFragment))
        #expect(later.detail.fragmentOffset == 185)
    }

    @Test("IPv6 extension headers are stepped over to the transport's")
    func extensionHeaders() {
        let hopByHop: [UInt8] = [43, 0, 5, 2, 0, 0, 1, 0]
        let routing: [UInt8] = [51, 0, 0, 0, 0, 0, 0, 0]
        let authentication: [UInt8] = [60, 4] + [UInt8](repeating: 0, count: 22)
        let destination: [UInt8] = [44, 1] + [UInt8](repeating: 0, count: 14)
        let fragment: [UInt8] = [6, 0, 0, 1, 0, 0, 0x12, 0x34]
        let packet = Make.ipv6(next: 0, hopByHop + routing + authentication + destination + fragment + Make.tcp())
        let parsed = parse(Make.ethernet(type: 0x86DD, packet))
        #expect(parsed.isReadable)
        #expect(parsed.flow.protocolNumber == 6)
        #expect(parsed.flow.destinationPort == 8080)
        #expect(parsed.flow.typeOfService == 0x2E)
        #expect(parsed.flow.timeToLive == 62)
        #expect(parsed.detail.ipv6FlowLabel == 0xABCDE)
        #expect(parsed.detail.fragmentID == 0x1234)
        #expect(parsed.flow.overhead == 14)
    }

    @Test("A later IPv6 fragment has the upper protocol and no ports")
    func laterFragment() {
        let fragment: [UInt8] = [58, 0] + Make.be16(181 << 3 | 1) + Make.be32(77)
        let parsed = parse(Make.ipv6(next: 44, fragment + [128, 0, 0, 0]), link: .ip)
        #expect(parsed.flow.protocolNumber == 58)
        #expect(parsed.flow.destinationPort == 0)
        #expect(parsed.flow.traits.contains(.laterFragment))
        #expect(parsed.detail.fragmentOffset == 181)
        #expect(parsed.detail.fragmentID == 77)
    }

    @Test("Extension headers without end are given up, the addresses kept")
    func endlessExtensionHeaders() {
        let parsed = parse(
            Make.ipv6(next: 60, [UInt8](repeating: 60, count: 4000).enumerated().map { $0.offset % 8 == 1 ? 0 : $0.element }), link: .ip)
        #expect(parsed.isReadable)
        #expect(parsed.flow.destination.description == "fd01:0:0:3::6")
        #expect(parsed.flow.destinationPort == 0)
    }

    @Test("ICMP's type and code stand in the destination port and in the detail", arguments: [(1, false), (58, true)])
    func icmp(number: Int, isV6: Bool) {
        let packet = isV6 ? Make.ipv6(next: number, [129, 3, 0, 0]) : Make.ipv4(protocol: number, [129, 3, 0, 0])
        let parsed = parse(packet, link: .ip)
        #expect(parsed.flow.sourcePort == 0)
        #expect(parsed.flow.destinationPort == 129 << 8 | 3)
        #expect(parsed.detail.icmpType == 129)
        #expect(parsed.detail.icmpCode == 3)
        #expect(parsed.flow.etherType == (isV6 ? 0x86DD : 0x0800))
    }

    @Test("SCTP has ports")
    func sctp() {
        let parsed = parse(Make.ipv4(protocol: 132, Make.be16(1000) + Make.be16(38412) + Make.be32(0)), link: .ip)
        #expect(parsed.flow.sourcePort == 1000)
        #expect(parsed.flow.destinationPort == 38412)
    }

    @Test("An MPLS label stack is stepped over; a pseudowire is no IP")
    func mpls() {
        let labels: [UInt8] = [0, 1, 0, 64, 0, 2, 1, 64]
        let parsed = parse(Make.ethernet(type: 0x8847, labels + Make.ipv4(protocol: 17, Make.udp())))
        #expect(parsed.flow.etherType == 0x0800)
        #expect(parsed.flow.destinationPort == 5353)
        #expect(parsed.flow.overhead == 22)
        let pseudowire = parse(Make.ethernet(type: 0x8847, labels + [0, 0, 0, 0, 1, 2, 3, 4]))
        #expect(pseudowire.isReadable)
        #expect(pseudowire.flow.etherType == 0x8847)
        #expect(pseudowire.flow.source.isUnspecified)
    }

    @Test("What is no IP has an EtherType, no addresses and no IP octets", arguments: [(0x0806, 0x0806), (0x88CC, 0x88CC), (0x0026, 0)])
    func otherProtocols(type: Int, shown: UInt16) {
        let parsed = parse(Make.ethernet(type: type, [UInt8](repeating: 0, count: 28)), frameLength: 64)
        #expect(parsed.isReadable)
        #expect(parsed.flow.etherType == shown)
        #expect(parsed.flow.source.isUnspecified)
        #expect(parsed.flow.overhead == 64)
    }

    @Test("Padding behind a short packet is not read as its ports")
    func padding() {
        let parsed = parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, length: 20, Make.udp())), frameLength: 64)
        #expect(parsed.ipLength == 20)
        #expect(parsed.flow.destinationPort == 0)
    }

    @Test("Where the IP length is missing or impossible, the frame's is taken", arguments: [0, 19, 9000])
    func lengths(claimed: Int) {
        let parsed = parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, length: claimed, Make.tcp())), frameLength: 1518, stripped: 4)
        #expect(parsed.isReadable)
        #expect(parsed.ipLength == 1500)
        #expect(parsed.flow.destinationPort == 8080)
        let v6 = parse(Make.ethernet(type: 0x86DD, Make.ipv6(next: 6, length: 0, Make.tcp())), frameLength: 1518, stripped: 4)
        #expect(v6.ipLength == 1500)
        #expect(parse(Make.ethernet(type: 0x86DD, Make.ipv6(next: 59, length: 0, [])), frameLength: 64).ipLength == 40)
    }

    @Test("A frame longer than the overhead can say, or shorter than its headers, is clamped")
    func clamped() {
        let frame = Make.ethernet(type: 0x0806, [UInt8](repeating: 0, count: 28))
        #expect(parse(frame, frameLength: 1 << 32).flow.overhead == 65535)
        #expect(parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp())), frameLength: 0).flow.overhead == 0)
        #expect(parse(Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp())), frameLength: 30, stripped: 4000).flow.overhead == 30)
    }

    private func outer(_ udp: [UInt8]) -> [UInt8] {
        Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, from: [192, 168, 126, 11], to: [192, 168, 126, 12], udp))
    }

    private var inner: [UInt8] { Make.ethernet(type: 0x0800, tags: [(type: 0x8100, vlan: 9)], Make.ipv4(protocol: 6, Make.tcp())) }

    @Test("Inside VXLAN and Geneve the inner packet counts, the outer one is kept", arguments: [4789, 8472, 6081])
    func overlays(port: Int) {
        let options: [UInt8] = [0, 1, 2, 1, 0, 0, 0, 0]
        let frame = outer(Make.udp(to: port, port == 6081 ? Make.geneve(options: options, inner) : Make.vxlan(inner)))
        let parsed = parse(frame, frameLength: frame.count + 4)
        #expect(parsed.flow.source.description == "10.128.2.9")
        #expect(parsed.flow.destinationPort == 8080)
        #expect(parsed.flow.vlan == 9)
        #expect(parsed.flow.traits == [.tunnelled, .hasTCPFlags])
        #expect(parsed.ipLength == 40)
        #expect(parsed.detail.tunnelSource.description == "192.168.126.11")
        #expect(parsed.detail.tunnelDestination.description == "192.168.126.12")
        #expect(parsed.detail.tunnelVNI == 5001)
    }

    @Test("Geneve may carry IP without a frame around it")
    func geneveIP() {
        let parsed = parse(outer(Make.udp(to: 6081, Make.geneve(type: 0x86DD, Make.ipv6(next: 6, Make.tcp())))))
        #expect(parsed.flow.source.description == "fd01:0:0:2::9")
        #expect(parsed.flow.etherType == 0x86DD)
    }

    @Test("An inner header that is cut off before its addresses leaves the outer packet")
    func cutTunnel() {
        let frame = outer(Make.udp(to: 4789, Make.vxlan(inner)))
        let complete = 14 + 20 + 8 + 8 + 18 + 20
        #expect(parse([UInt8](frame.prefix(complete)), frameLength: frame.count).flow.source.description == "10.128.2.9")
        let parsed = parse([UInt8](frame.prefix(complete - 1)), frameLength: frame.count)
        #expect(parsed.flow.source.description == "192.168.126.11")
        #expect(parsed.flow.destinationPort == 4789)
        #expect(parsed.flow.overhead == 14)
        #expect(!parsed.flow.traits.contains(.tunnelled))
        #expect(parsed.detail.tunnelSource.isUnspecified)
    }

    @Test("What merely uses a tunnel's port is no tunnel")
    func noTunnel() {
        #expect(parse(outer(Make.udp(to: 4789, [0, 0, 0, 0] + Make.be32(5001 << 8) + inner))).flow.destinationPort == 4789)
        #expect(parse(outer(Make.udp(to: 6081, Make.geneve(type: 0x1234, inner)))).flow.destinationPort == 6081)
        #expect(parse(outer(Make.udp(to: 6081, [0x80] + Make.geneve(inner).dropFirst()))).flow.destinationPort == 6081)
        #expect(parse(outer(Make.udp(to: 4789, Make.vxlan(inner))), opensTunnels: false).flow.destinationPort == 4789)
    }

    @Test("Only the outermost tunnel is opened")
    func nested() {
        let nested = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 17, Make.udp(to: 4789, Make.vxlan(vni: 1, inner))))
        let parsed = parse(outer(Make.udp(to: 4789, Make.vxlan(vni: 2, nested))))
        #expect(parsed.flow.source.description == "10.128.2.9")
        #expect(parsed.flow.destinationPort == 4789)
        #expect(parsed.detail.tunnelVNI == 2)
    }

    @Test("Where the exporter says that a tunnel ends, the packet behind it counts, framed or not")
    func tunnelEnd() {
        let gre: [UInt8] = [0, 0, 0x65, 0x58]
        let framed = parse(Make.ipv4(protocol: 47, from: [192, 168, 126, 11], gre + inner), link: .ip, tunnelEnd: 24)
        #expect(framed.flow.destinationPort == 8080)
        #expect(framed.flow.traits.contains(.tunnelled))
        #expect(framed.detail.tunnelSource.description == "192.168.126.11")
        let bare = parse(Make.ipv4(protocol: 4, from: [192, 168, 126, 11], Make.ipv4(protocol: 6, Make.tcp())), link: .ip, tunnelEnd: 20)
        #expect(bare.flow.destinationPort == 8080)
        #expect(bare.ipLength == 40)
        #expect(parse(Make.ipv4(protocol: 4, Make.tcp()), link: .ip, tunnelEnd: 1 << 31).flow.protocolNumber == 4)
    }

    @Test("A section that ends before the addresses, or contradicts itself, changes nothing")
    func unreadable() {
        let frame = Make.ethernet(type: 0x0800, tags: [(type: 0x8100, vlan: 9)], Make.ipv4(protocol: 6, Make.tcp()))
        for length in 0..<(18 + 20) {
            let parsed = parse([UInt8](frame.prefix(length)), frameLength: 64)
            #expect(!parsed.isReadable)
            #expect(parsed.flow.etherType == 0 && parsed.flow.vlan == 0 && parsed.flow.overhead == 0)
        }
        #expect(!parse(Make.ethernet(type: 0x0800, Make.ipv6(next: 6, Make.tcp()))).isReadable)
        #expect(!parse(Make.ethernet(type: 0x86DD, Make.ipv4(protocol: 6, Make.tcp()) + Make.tcp())).isReadable)
        #expect(!parse([0x44] + Make.ipv4(protocol: 6, Make.tcp()).dropFirst(), link: .ip).isReadable)
        #expect(!parse([0x00] + Make.ipv4(protocol: 6, Make.tcp()).dropFirst(), link: .ip).isReadable)
        #expect(
            !parse(Make.ethernet(type: 0x0800, tags: .init(repeating: (type: 0x8100, vlan: 1), count: 30), Make.ipv4(protocol: 6, []))).isReadable)
    }

    @Test("No section, however damaged or short, does harm")
    func damaged() {
        let packets = [
            outer(Make.udp(to: 6081, Make.geneve(options: [0, 1, 2, 1, 0, 0, 0, 0], inner))),
            Make.ethernet(
                type: 0x86DD, Make.ipv6(next: 0, [44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 9] + Make.udp(to: 4789, Make.vxlan(inner)))),
            Make.ethernet(type: 0x8847, [0, 1, 1, 64] + Make.ipv4(protocol: 1, [3, 1, 0, 0])),
        ]
        var random = SeededGenerator(seed: 7)
        for packet in packets {
            for length in 0...packet.count { _ = parse([UInt8](packet.prefix(length)), frameLength: 1500) }
            for _ in 0..<5000 {
                var damaged = packet
                for _ in 0..<3 { damaged[Int(random.next() % UInt64(packet.count))] = UInt8(truncatingIfNeeded: random.next()) }
                let parsed = parse(
                    damaged, frameLength: Int(random.next() >> 33), stripped: Int(random.next() >> 33), tunnelEnd: Int(random.next() & 63))
                #expect(parsed.isReadable || parsed.flow.etherType == 0)
            }
        }
    }
}
