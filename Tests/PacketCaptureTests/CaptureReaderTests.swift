import FlowModel
import Foundation
import PacketCapture
import Testing

@Suite struct CaptureReaderTests {
    private let packet = CaptureBytes.packet(CaptureBytes.datagram())
    private let moment = Timestamp(seconds: 1_795_233_720, nanoseconds: 987_687_000)

    @Test("Classic captures are read in both byte orders, in microseconds and nanoseconds", arguments: [false, true])
    func classic(isBigEndian: Bool) {
        let make = CaptureBytes(isBigEndian: isBigEndian)
        let micro = readAll(make.header() + make.record(packet))
        #expect(micro.error == nil)
        #expect(micro.datagrams == [CaptureBytes.datagram(at: moment)])
        let nano = readAll(make.header(magic: 0xA1B2_3C4D) + make.record(packet, fraction: 987_687_001) + make.record(packet, fraction: 5))
        #expect(nano.datagrams.map(\.timestamp) == [moment.advanced(by: 1), Timestamp(seconds: 1_795_233_720, nanoseconds: 5)])
    }

    @Test("pcapng is read in both byte orders, with several sections and interfaces, each with its own units", arguments: [false, true])
    func nextGeneration(isBigEndian: Bool) {
        let make = CaptureBytes(isBigEndian: isBigEndian)
        let other = CaptureBytes(isBigEndian: !isBigEndian)
        let seconds: UInt64 = 1_795_233_720
        let microseconds = seconds * 1_000_000 + 987_687
        let half = Timestamp(seconds: Int64(seconds), nanoseconds: 500_000_000)
        let ethernet = [UInt8](repeating: 0, count: 12) + [0x08, 0x00] + packet
        let offset = make.u16(14) + make.u16(8) + (isBigEndian ? make.u32(0) + make.u32(1000) : make.u32(1000) + make.u32(0))
        let first: [UInt8] =
            make.section() + make.interface() + make.interface(linkType: 1, options: make.resolution(9) + make.u32(0))
            + make.interface(options: make.u16(2) + make.u16(3) + [0x6C, 0x6F, 0x30, 0] + make.resolution(0x80 | 10))
            + make.interface(options: make.resolution(0) + offset) + make.interface(options: make.resolution(12)) + make.block(5, [1, 2, 3, 4])
            + make.enhancedPacket(packet, units: microseconds) + make.enhancedPacket(ethernet, interface: 1, units: microseconds * 1000)
            + make.enhancedPacket(packet, interface: 2, units: seconds << 10 | 512) + make.enhancedPacket(packet, interface: 3, units: seconds - 1000)
            + make.enhancedPacket(packet, interface: 4, units: 5_000_000_000_123)
        let second: [UInt8] =
            other.section() + other.interface(snapshotLength: 4096) + other.block(3, other.u32(packet.count) + packet)
            + other.block(
                2,
                other.u16(0) + other.u16(0) + other.u32(Int(microseconds >> 32)) + other.u32(Int(microseconds & 0xFFFF_FFFF))
                    + other.u32(packet.count) + other.u32(packet.count) + packet)
        let (datagrams, skipped, error) = readAll(first + second)
        #expect(error == nil)
        #expect(skipped.total == 0)
        #expect(
            datagrams.map(\.timestamp) == [
                moment, moment, half, Timestamp(seconds: Int64(seconds)), Timestamp(seconds: 5), .unknown, moment,
            ])
        #expect(datagrams.allSatisfy { $0.payload == [0, 5, 1, 2] && $0.destinationPort == 2055 })
    }

    @Test("Absurd timestamps and resolutions of pcapng do no harm")
    func absurdTimes() {
        let make = CaptureBytes()
        for resolution in UInt8.min...UInt8.max {
            let bytes = make.section() + make.interface(options: make.resolution(resolution)) + make.enhancedPacket(packet, units: .max)
            #expect(readAll(bytes).datagrams.count == 1)
        }
    }

    @Test("A file that ends inside a record gives what is before it, and says where")
    func cutOff() {
        let make = CaptureBytes()
        let bytes = make.header() + make.record(packet) + make.record(packet)
        let whole = readAll(bytes)
        #expect(whole.datagrams.count == 2)
        for length in (24 + 16 + packet.count + 1)..<bytes.count {
            let (datagrams, _, error) = readAll([UInt8](bytes.prefix(length)))
            #expect(datagrams.count == 1)
            #expect(error?.description == "made.pcap: packet 2 at offset \(40 + packet.count): the file ends inside it")
        }
        #expect(readAll([UInt8](bytes.prefix(23))).error?.description == "made.pcap: ends inside its own header")

        let next = make.section() + make.interface() + make.enhancedPacket(packet, units: 1)
        for length in 4..<next.count {
            let (datagrams, _, error) = readAll([UInt8](next.prefix(length)))
            #expect(datagrams.isEmpty)
            #expect((error == nil) == (length == make.section().count || length == make.section().count + make.interface().count), "\(length)")
        }
    }

    @Test("A packet that claims more than any can have is refused, and nothing after it is read")
    func lies() throws {
        let make = CaptureBytes()
        let start = make.header() + make.record(packet)
        let (datagrams, _, error) = readAll(start + make.record(packet, length: 0xFFFF_FFFF) + make.record(packet))
        #expect(datagrams.count == 1)
        #expect(error?.description == "made.pcap: packet 2 at offset \(start.count): claims 4294967295 octets, where 262144 are the most")

        var reader = try CaptureReader(bytes: start + make.record(packet, length: 1 << 30), name: "made.pcap")
        _ = try reader.next()
        #expect(throws: CaptureError.self) { try reader.next() }
        #expect(try reader.next() == nil)
    }

    @Test("Blocks of pcapng that contradict themselves are refused")
    func badBlocks() {
        let make = CaptureBytes()
        let start = make.section() + make.interface()
        let good = make.enhancedPacket(packet, units: 1)
        let complaint = { (bytes: [UInt8]) in readAll(bytes + good).error?.problem }
        #expect(complaint(start + make.u32(6) + make.u32(11) + make.u32(0)) == "a block of 11 octets, which is no possible length")
        #expect(complaint(start + make.u32(6) + make.u32(14) + make.u32(0)) == "a block of 14 octets, which is no possible length")
        #expect(complaint(start + make.u32(6) + make.u32(0x7FFF_FFFC) + make.u32(0)) == "claims 2147483644 octets, where 262144 are the most")
        #expect(complaint(start + make.u32(99) + make.u32(0x7FFF_FFFC) + make.u32(0)) == "the file ends inside it")
        #expect(complaint(start + good.dropLast(4) + make.u32(12)) == "a block whose two lengths differ")
        #expect(complaint(start + make.enhancedPacket(packet, interface: 7, units: 1)) == "is of interface 7, of which there are 1")
        #expect(complaint(start + make.enhancedPacket(packet, units: 1, length: 4000)) == "claims 4000 octets, more than its block has")
        #expect(complaint(make.section() + make.block(1, [0, 1])) == "an interface description that cannot be used")
        #expect(complaint(make.u32(0x0A0D_0D0A) + make.u32(28) + make.u32(7)) == "a section of no known byte order")
        #expect(complaint(start + make.block(6, [])) == "claims 0 octets, more than its block has")
    }

    @Test("What is no capture is refused with a reason")
    func noCapture() {
        #expect(readAll([]).error?.description == "made.pcap: is empty")
        #expect(readAll([UInt8]("hello".utf8)).error?.problem == "is no capture: neither pcap nor pcapng begins like this")
        #expect(readAll([0xA1]).error?.problem == "is no capture: neither pcap nor pcapng begins like this")
        #expect(readAll([0x1F, 0x8B, 8, 0]).error?.problem.hasPrefix("is compressed") == true)
        #expect(throws: CaptureError(file: "/nowhere/at.all", problem: "No such file or directory")) {
            _ = try CaptureReader(path: "/nowhere/at.all")
        }
        #expect(throws: CaptureError(file: "/", problem: "Is a directory")) { _ = try CaptureReader(path: "/") }
    }

    @Test("A file larger than the buffer is read in bounded pieces, and its progress is told")
    func largeFile() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID()).pcap").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = CaptureWriter(linkType: .ethernet)
        let sizes = (0..<200).map { $0 % 3 == 0 ? 60_000 : $0 * 7 }
        for (index, size) in sizes.enumerated() {
            writer.append(CaptureBytes.datagram([UInt8](repeating: UInt8(index), count: size), v6: index % 2 == 0))
        }
        // A record larger than the buffer.
        writer.append([UInt8](repeating: 0, count: 200_000), at: .unknown)
        try writer.write(to: path)
        var reader = try ExportDatagramReader(path: path)
        #expect(reader.totalBytes == writer.bytes.count)
        var read = 24
        for (index, size) in sizes.enumerated() {
            let datagram = try #require(try reader.next())
            #expect(datagram.payload == [UInt8](repeating: UInt8(index), count: size))
            #expect(reader.bytesRead > read)
            read = reader.bytesRead
        }
        #expect(try reader.next() == nil)
        #expect(reader.bytesRead == writer.bytes.count)
        #expect(reader.skipped.otherProtocols == 1)
    }

    @Test("No file, however damaged, does harm")
    func damaged() {
        let make = CaptureBytes(isBigEndian: false)
        let originals = [
            make.header() + make.record(packet) + make.record(packet),
            make.section() + make.interface(options: make.resolution(9)) + make.enhancedPacket(packet, units: 1)
                + make.block(3, make.u32(9) + packet),
        ]
        var state: UInt64 = 5
        let next = {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for original in originals {
            for _ in 0..<5000 {
                var damaged = original
                for _ in 0..<3 { damaged[Int(next() % UInt64(original.count))] = UInt8(truncatingIfNeeded: next()) }
                #expect(readAll(damaged).datagrams.count <= 2)
            }
        }
    }
}
