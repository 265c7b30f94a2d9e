import FlowModel
import PacketCapture
import Testing

@Suite struct ExportDatagramTests {
    private let make = CaptureBytes()

    private func read(linkType: Int, _ packets: [UInt8]...) -> (datagrams: [ExportDatagram], skipped: SkippedPackets, error: CaptureError?) {
        readAll(make.header(linkType: linkType) + packets.flatMap { make.record($0, fraction: 0) })
    }

    @Test("Datagrams are found behind every link layer that is known", arguments: [false, true])
    func linkTypes(v6: Bool) {
        let expected = [CaptureBytes.datagram(v6: v6)]
        let packet = CaptureBytes.packet(CaptureBytes.datagram(v6: v6))
        let type: [UInt8] = v6 ? [0x86, 0xDD] : [0x08, 0x00]
        let addresses = [UInt8](repeating: 2, count: 12)
        for raw in [12, 14, 101, v6 ? 229 : 228] { #expect(read(linkType: raw, packet).datagrams == expected) }
        #expect(read(linkType: 1, addresses + type + packet + [0, 0, 0, 0]).datagrams == expected)
        #expect(read(linkType: 1, addresses + [0x81, 0, 0, 9] + type + packet).datagrams == expected)
        #expect(read(linkType: 1, addresses + [0x88, 0xA8, 0, 8, 0x81, 0, 0, 9] + type + packet).datagrams == expected)
        #expect(read(linkType: 113, [UInt8](repeating: 0, count: 14) + type + packet).datagrams == expected)
        #expect(read(linkType: 276, type + [UInt8](repeating: 0, count: 18) + packet).datagrams == expected)
        for family: [UInt8] in [[2, 0, 0, 0], [0, 0, 0, 2], [30, 0, 0, 0]] {
            #expect(read(linkType: 0, family + packet).datagrams == expected)
            #expect(read(linkType: 108, family + packet).datagrams == expected)
        }
    }

    @Test("What is no datagram is skipped and counted by its reason")
    func skipped() {
        let packet = CaptureBytes.packet(CaptureBytes.datagram())
        var tcp = packet
        tcp[9] = 6
        var shortHeader = packet
        shortHeader[0] = 0x44
        var longUDP = packet
        longUDP[25] = 200
        let (datagrams, skipped, error) = read(
            linkType: 101, tcp, [UInt8](packet.dropLast()), [UInt8](packet.prefix(10)), shortHeader, longUDP, [], [0x10], packet)
        #expect(error == nil)
        #expect(datagrams.count == 1)
        #expect(skipped.otherProtocols == 3)
        #expect(skipped.cutShort == 2)
        #expect(skipped.malformed == 2)
        #expect(skipped.total == 7)
        #expect(read(linkType: 147, packet).skipped.unknownLinkTypes == 1)
        #expect(read(linkType: 1, [UInt8](repeating: 0, count: 12) + [0x08, 0x06]).skipped.otherProtocols == 1)
        #expect(read(linkType: 1, [1, 2, 3]).skipped.otherProtocols == 1)
    }

    /// The IPv4 fragments of a datagram, each with at most `size` octets (a multiple of 8) behind its header.
    private func fragments(_ datagram: ExportDatagram, size: Int, identification: UInt8 = 1) -> [[UInt8]] {
        let packet = CaptureBytes.packet(datagram)
        let content = packet.dropFirst(20)
        return stride(from: 0, to: content.count, by: size).map { offset in
            let piece = content.dropFirst(offset).prefix(size)
            let isLast = offset + size >= content.count
            let length = 20 + piece.count
            return [0x45, 0, UInt8(length >> 8), UInt8(length & 0xFF), 0, identification]
                + make.u16(offset / 8 | (isLast ? 0 : 0x2000)) + packet[8..<20] + piece
        }
    }

    @Test("A fragmented datagram is put together in whatever order its parts come, and twice over")
    func reassembly() {
        let datagram = CaptureBytes.datagram((0..<4000).map { UInt8(truncatingIfNeeded: $0) })
        let parts = fragments(datagram, size: 1480)
        #expect(parts.count == 3)
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 1, 2]] {
            let (datagrams, skipped, _) = readAll(make.header() + order.flatMap { make.record(parts[$0], fraction: 0) })
            #expect(datagrams == [datagram])
            #expect(skipped.total == 0)
        }
        let other = fragments(CaptureBytes.datagram([UInt8](repeating: 9, count: 2000)), size: 1480, identification: 2)
        let mixed = readAll(make.header() + [parts[0], other[0], parts[1], other[1], parts[2]].flatMap { make.record($0) })
        #expect(mixed.datagrams.map(\.payload.count) == [2000, 4000])
    }

    @Test("IPv6 fragments are put together, too")
    func reassemblyIPv6() {
        let datagram = CaptureBytes.datagram((0..<2000).map { UInt8(truncatingIfNeeded: $0) }, v6: true)
        let packet = CaptureBytes.packet(datagram)
        let content = packet.dropFirst(40)
        let part = { (offset: Int, length: Int, isLast: Bool) -> [UInt8] in
            let header: [UInt8] = [17, 0] + make.u16(offset | (isLast ? 0 : 1)) + make.u32(77)
            return packet[0..<4] + make.u16(length + 8) + [44, 64] + packet[8..<40] + header + content.dropFirst(offset).prefix(length)
        }
        let bytes = make.header() + make.record(part(0, 1448, false), fraction: 0) + make.record(part(1448, 560, true), fraction: 0)
        #expect(readAll(bytes).datagrams == [datagram])
    }

    @Test("Fragments whose others never come are counted, and bounded")
    func incomplete() {
        let parts = fragments(CaptureBytes.datagram([UInt8](repeating: 1, count: 4000)), size: 1480)
        let alone = readAll(make.header() + make.record(parts[1]) + make.record(parts[2]))
        #expect(alone.datagrams.isEmpty)
        #expect(alone.skipped.incompleteFragments == 2)

        // 200 beginnings push out the oldest; the last ones can still be ended.
        let beginnings = (0..<200).map { fragments(CaptureBytes.datagram([UInt8](repeating: 1, count: 2000)), size: 1480, identification: UInt8($0)) }
        let bytes = beginnings.flatMap { make.record($0[0]) } + make.record(beginnings[0][1]) + make.record(beginnings[199][1])
        let crowd = readAll(make.header() + bytes)
        #expect(crowd.datagrams.count == 1)
        #expect(crowd.skipped.incompleteFragments == 200)

        // A part of the same identification, a minute and more later, is another datagram's.
        let late = readAll(make.header() + make.record(parts[0]) + make.record(parts[1]) + make.record(parts[2], seconds: 1_795_233_720 + 61))
        #expect(late.datagrams.isEmpty)
        #expect(late.skipped.incompleteFragments == 3)
    }

    @Test("Fragments that overlap, or reach beyond the longest datagram, make none")
    func lyingFragments() {
        let parts = fragments(CaptureBytes.datagram([UInt8](repeating: 1, count: 4000)), size: 1480)
        var overlapping = parts[1]
        overlapping.replaceSubrange(6..<8, with: make.u16(0x2000 | 100))
        #expect(readAll(make.header() + [parts[0], overlapping, parts[2]].flatMap { make.record($0) }).datagrams.isEmpty)
        var beyond = parts[1]
        beyond.replaceSubrange(6..<8, with: make.u16(0x3FFF))
        let (datagrams, skipped, _) = readAll(make.header() + [parts[0], beyond].flatMap { make.record($0) })
        #expect(datagrams.isEmpty)
        #expect(skipped.incompleteFragments == 2)
    }

    @Test("What the writer writes is read again, over either link and address family", arguments: [false, true])
    func writer(v6: Bool) {
        for linkType in [LinkType.raw, .ethernet] {
            var writer = CaptureWriter(linkType: linkType)
            let datagrams = [0, 1, 2, 1400, 65_507].map {
                CaptureBytes.datagram([UInt8](repeating: 7, count: $0), v6: v6, at: Timestamp(seconds: 1_795_233_720, nanoseconds: Int64($0)))
            }
            for datagram in datagrams { writer.append(datagram) }
            let read = readAll(writer.bytes)
            #expect(read.datagrams == datagrams)
            #expect(read.skipped.total == 0)
        }
    }
}
