import FlowModel
import PacketCapture

/// Capture files made by hand, in either byte order.
struct CaptureBytes {
    var isBigEndian = true

    func u16(_ value: Int) -> [UInt8] {
        let bytes = [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
        return isBigEndian ? bytes : bytes.reversed()
    }

    func u32(_ value: Int) -> [UInt8] {
        isBigEndian ? u16(value >> 16) + u16(value) : u16(value) + u16(value >> 16)
    }

    /// A classic file's header.
    func header(magic: Int = 0xA1B2_C3D4, linkType: Int = 101) -> [UInt8] {
        u32(magic) + u16(2) + u16(4) + u32(0) + u32(0) + u32(65535) + u32(linkType)
    }

    /// A classic file's record.
    func record(_ bytes: [UInt8], seconds: Int = 1_795_233_720, fraction: Int = 987_687, length: Int? = nil) -> [UInt8] {
        u32(seconds) + u32(fraction) + u32(length ?? bytes.count) + u32(bytes.count) + bytes
    }

    /// A block of pcapng.
    func block(_ type: Int, _ body: [UInt8]) -> [UInt8] {
        let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        return u32(type) + u32(padded.count + 12) + padded + u32(padded.count + 12)
    }

    func section() -> [UInt8] {
        block(0x0A0D_0D0A, u32(0x1A2B_3C4D) + u16(1) + u16(0) + [UInt8](repeating: 0xFF, count: 8) + u16(4) + u16(3) + [0x77, 0x65, 0x69, 0])
    }

    func interface(linkType: Int = 101, snapshotLength: Int = 0, options: [UInt8] = []) -> [UInt8] {
        block(1, u16(linkType) + u16(0) + u32(snapshotLength) + options)
    }

    func resolution(_ value: UInt8) -> [UInt8] { u16(9) + u16(1) + [value, 0, 0, 0] }

    func enhancedPacket(_ bytes: [UInt8], interface: Int = 0, units: UInt64, length: Int? = nil) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        return block(
            6,
            u32(interface) + u32(Int(units >> 32)) + u32(Int(units & 0xFFFF_FFFF)) + u32(length ?? bytes.count) + u32(bytes.count) + bytes + padding
                + u16(1) + u16(2) + [0x6F, 0x6B, 0, 0] + u32(0))
    }

    /// The octets of a UDP packet over raw IP, as `CaptureWriter` makes them.
    static func packet(_ datagram: ExportDatagram) -> [UInt8] {
        var writer = CaptureWriter()
        writer.append(datagram)
        return [UInt8](writer.bytes.dropFirst(24 + 16))
    }

    static func datagram(_ payload: [UInt8] = [0, 5, 1, 2], v6: Bool = false, at timestamp: Timestamp = Timestamp(seconds: 1_795_233_720))
        -> ExportDatagram
    {
        ExportDatagram(
            timestamp: timestamp, source: v6 ? IPAddress(high: 0xFD01 << 48, low: 2) : IPAddress(v4: 0xC0A8_320B),
            destination: v6 ? IPAddress(high: 0xFD01 << 48, low: 3) : IPAddress(v4: 0xC0A8_3264), sourcePort: 40000, destinationPort: 2055,
            payload: payload)
    }
}

/// Everything a capture in memory gives, until its end or an error.
func readAll(_ bytes: [UInt8]) -> (datagrams: [ExportDatagram], skipped: SkippedPackets, error: CaptureError?) {
    var datagrams: [ExportDatagram] = []
    do throws(CaptureError) {
        var reader = ExportDatagramReader(try CaptureReader(bytes: bytes, name: "made.pcap"))
        do throws(CaptureError) {
            while let datagram = try reader.next() { datagrams.append(datagram) }
            return (datagrams, reader.skipped, nil)
        } catch {
            return (datagrams, reader.skipped, error)
        }
    } catch {
        return (datagrams, SkippedPackets(), error)
    }
}
