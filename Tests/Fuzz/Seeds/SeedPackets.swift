import PacketCapture

/// A pcapng file with one interface, big endian.
enum NextGenerationFile {
    static func bytes(_ packets: [[UInt8]], linkType: LinkType) -> [UInt8] {
        var file = block(0x0A0D_0D0A, u32(0x1A2B_3C4D) + u32(0x0001_0000) + [UInt8](repeating: 0xFF, count: 8))
        // With if_tsresol: nanoseconds.
        file += block(1, u32(Int(linkType.rawValue) << 16) + u32(0) + u32(0x0009_0001) + [9, 0, 0, 0] + u32(0))
        for packet in packets {
            file += block(6, u32(0) + u32(0x18FA_E27D) + u32(0) + u32(packet.count) + u32(packet.count) + packet)
        }
        return file
    }

    private static func block(_ type: Int, _ body: [UInt8]) -> [UInt8] {
        let padded = body + [UInt8](repeating: 0, count: -body.count & 3)
        return u32(type) + u32(padded.count + 12) + padded + u32(padded.count + 12)
    }

    private static func u32(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
}

/// An IPv4 packet in an Ethernet frame, taken apart at 64 octets of its payload.
enum Fragments {
    static func of(_ frame: [UInt8]) -> [[UInt8]] {
        guard frame.count > 14 + 20 + 64, frame[12...13] == [8, 0], frame[14] == 0x45 else { return [frame] }
        let payload = frame.dropFirst(34)
        func fragment(_ part: ArraySlice<UInt8>, _ word: [UInt8]) -> [UInt8] {
            let length = 20 + part.count
            return frame.prefix(16) + [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)] + frame[18..<20] + word
                + frame[22..<34]
                + part
        }
        return [fragment(payload.prefix(64), [0x20, 0]), fragment(payload.dropFirst(64), [0, 8])]
    }
}
