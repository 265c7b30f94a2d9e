import FlowModel
import PacketCapture
import Testing

@Suite struct TCPStreamTests {
    /// A TCP segment of a made-up connection.
    private struct Segment {
        var sequence: Int
        var payload: [UInt8] = []
        var flags: UInt8 = 0x10
        var sourcePort = 40_000
        var isV6 = false

        static func syn(_ sequence: Int, sourcePort: Int = 40_000, isV6: Bool = false) -> Segment {
            Segment(sequence: sequence, flags: 2, sourcePort: sourcePort, isV6: isV6)
        }

        /// The packet over raw IP; its options are four octets of no meaning.
        var packet: [UInt8] {
            let make = CaptureBytes()
            let segment =
                make.u16(sourcePort) + make.u16(4739) + make.u32(sequence & 0xFFFF_FFFF) + make.u32(0) + [0x60, flags, 1, 0, 0, 0, 0, 0]
                + [1, 1, 1, 1] + payload
            guard isV6 else {
                return [0x45, 0] + make.u16(20 + segment.count) + [0, 0, 0, 0, 64, 6, 0, 0, 192, 168, 50, 11, 192, 168, 50, 100] + segment
            }
            return [0x60, 0, 0, 0] + make.u16(segment.count) + [6, 64] + [0xFD, 1] + [UInt8](repeating: 0, count: 13) + [2] + [0xFD, 1]
                + [UInt8](repeating: 0, count: 13) + [3] + segment
        }
    }

    /// The octets by connection, and what was skipped.
    private func read(_ segments: [Segment], takesTCP: Bool = true) throws -> (octets: [UInt32: [UInt8]], skipped: SkippedPackets) {
        let make = CaptureBytes()
        let bytes = make.header(linkType: 101) + segments.flatMap { make.record($0.packet, fraction: 0) }
        var reader = ExportDatagramReader(try CaptureReader(bytes: bytes, name: "made.pcap"), takesTCP: takesTCP)
        var octets: [UInt32: [UInt8]] = [:]
        while let datagram = try reader.next() {
            #expect(datagram.connection != 0 && datagram.destinationPort == 4739)
            octets[datagram.connection, default: []] += datagram.payload
        }
        return (octets, reader.skipped)
    }

    private static let stream: [UInt8] = [0, 10, 0, 100] + (4..<100).map { UInt8($0) }

    /// The stream in segments of 25 octets, behind a sequence number.
    private func segments(from first: Int, sourcePort: Int = 40_000, isV6: Bool = false) -> [Segment] {
        (0..<4).map { Segment(sequence: first + $0 * 25, payload: Array(Self.stream[$0 * 25..<$0 * 25 + 25]), sourcePort: sourcePort, isV6: isV6) }
    }

    @Test("Segments in any order, several times and overlapping, give the octets as they were sent", arguments: [1000, 0xFFFF_FFF0], [false, true])
    func order(first: Int, isV6: Bool) throws {
        let syn = Segment.syn(first - 1, isV6: isV6)
        let parts = segments(from: first, isV6: isV6)
        let overlapping = Segment(sequence: first + 10, payload: Array(Self.stream[10..<60]), isV6: isV6)
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [0, 0, 2, 1, 1, 3, 3, 0]] {
            #expect(try read([syn] + order.map { parts[$0] }).octets == [1: Self.stream], "\(order)")
        }
        #expect(try read([syn, syn, parts[0], overlapping, parts[1], parts[3], parts[2]]).octets == [1: Self.stream])
        #expect(try read([syn, overlapping, parts[3], parts[0], parts[2]]).octets == [1: Self.stream])
    }

    @Test("Connections are told apart, also two after another from the same port")
    func connections() throws {
        let result = try read(
            [.syn(9), .syn(99, sourcePort: 50_000)] + segments(from: 10) + segments(from: 100, sourcePort: 50_000) + [.syn(5000)]
                + segments(from: 5001))
        #expect(result.octets == [1: Self.stream, 2: Self.stream, 3: Self.stream])
        #expect(result.skipped.total == 0)
    }

    @Test("A connection whose beginning was not captured is read from the first segment that begins as a message does")
    func middle() throws {
        let result = try read([Segment(sequence: 500, payload: [7, 7, 7])] + segments(from: 503))
        #expect(result.octets == [1: Self.stream])
        #expect(result.skipped.otherProtocols == 1)
    }

    @Test("Connections that are no IPFIX are skipped, and so are all where TCP is not asked for")
    func foreign() throws {
        let web = [Segment.syn(0), Segment(sequence: 1, payload: Array("GET / HTTP/1.1".utf8)), Segment(sequence: 15, payload: [0, 10, 0, 16])]
        // The last segment looks like the middle of a connection that was not captured from its beginning: nobody can tell.
        #expect(try read(Array(web.prefix(2))).octets.isEmpty)
        #expect(try read(Array(web.prefix(2))).skipped.otherProtocols == 1)
        let off = try read([.syn(9)] + segments(from: 10), takesTCP: false)
        #expect(off.octets.isEmpty)
        #expect(off.skipped.otherProtocols == 5)
    }

    @Test("What waits for a segment that was not captured is counted, and bounded")
    func gaps() throws {
        let parts = segments(from: 10)
        let few = try read([.syn(9), parts[0], parts[2], parts[3]])
        #expect(few.octets == [1: Array(Self.stream.prefix(25))])
        #expect(few.skipped.incompleteFragments == 2)
        let many = try read([.syn(9), parts[0]] + (0..<2000).map { Segment(sequence: 1000 + $0, payload: [1]) })
        #expect(many.octets == [1: Array(Self.stream.prefix(25))])
        #expect(many.skipped.incompleteFragments == 257)
    }

    @Test("A header that says it is longer than its segment, or shorter than a header, is malformed", arguments: [0x00, 0x40, 0xF0] as [UInt8])
    func malformed(offset: UInt8) throws {
        let make = CaptureBytes()
        var packet = Segment.syn(1).packet
        packet[20 + 12] = offset
        var reader = ExportDatagramReader(
            try CaptureReader(bytes: make.header(linkType: 101) + make.record(packet, fraction: 0), name: "made.pcap"), takesTCP: true)
        #expect(try reader.next() == nil)
        #expect(reader.skipped.malformed == 1)
    }
}
