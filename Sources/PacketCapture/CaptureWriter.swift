import FlowModel
import Glibc

/// Writes a classic capture (with nanoseconds, big endian) in memory, of raw IP packets or of Ethernet frames.
package struct CaptureWriter {
    /// The file so far: its header and a record for each packet.
    package var bytes: [UInt8] { file.bytes }
    private var file = Octets()
    private let linkType: LinkType

    /// An empty capture.
    package init(linkType: LinkType = .raw) {
        self.linkType = linkType
        file.append(0xA1B2_3C4D as UInt32)
        file.append(0x0002_0004 as UInt32)  // version 2.4
        file.append(0 as UInt64)
        file.append(UInt32(CaptureLimits.packetLength))
        file.append(UInt32(linkType.rawValue))
    }

    /// Appends a packet that begins with the capture's own link layer. One of more than 256 KiB is cut off there.
    package mutating func append(_ packet: [UInt8], at time: Timestamp) {
        let kept = packet.prefix(CaptureLimits.packetLength)
        file.append(UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000_000))
        file.append(UInt32(truncatingIfNeeded: time.nanoseconds % 1_000_000_000))
        file.append(UInt32(kept.count))
        file.append(UInt32(clamping: packet.count))
        file.bytes += kept
    }

    /// Appends a UDP datagram with the headers that belong before it: IPv4 where both addresses are, else IPv6.
    ///
    /// A payload too long for one packet (65,507 octets over IPv4) is cut off.
    package mutating func append(_ datagram: ExportDatagram) {
        let payload = datagram.payload.prefix(65_507)
        let length = UInt16(payload.count + 8)
        var segment = Octets()
        segment.append(datagram.sourcePort)
        segment.append(datagram.destinationPort)
        segment.append(length)
        let isV4 = datagram.source.isV4 && datagram.destination.isV4
        var packet = Octets()
        if isV4, let source = datagram.source.v4, let destination = datagram.destination.v4 {
            packet.append(0x4500 as UInt16)
            packet.append(length + 20)
            packet.append(0 as UInt32)
            packet.append(64 << 8 | 17 as UInt16)
            let beforeChecksum = packet.bytes
            var addresses = Octets()
            addresses.append(source)
            addresses.append(destination)
            packet.append(Octets.checksum(beforeChecksum + addresses.bytes))
            packet.bytes += addresses.bytes
            // A checksum of 0 is none (RFC 768).
            segment.append(0 as UInt16)
        } else {
            packet.append(0x6000_0000 as UInt32)
            packet.append(length)
            packet.append(17 << 8 | 64 as UInt16)
            var addresses = Octets()
            for half in [datagram.source.high, datagram.source.low, datagram.destination.high, datagram.destination.low] { addresses.append(half) }
            packet.bytes += addresses.bytes
            // RFC 8200 §8.1: over IPv6 the checksum is required, with a pseudo-header, and never 0.
            let sum = Octets.checksum(
                addresses.bytes + [0, 0, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 0, 17] + segment.bytes + [0, 0] + payload)
            segment.append(sum == 0 ? 0xFFFF : sum)
        }
        let frame: [UInt8] = linkType == .ethernet ? [UInt8](repeating: 0, count: 12) + (isV4 ? [0x08, 0x00] : [0x86, 0xDD]) : []
        append(frame + packet.bytes + segment.bytes + payload, at: datagram.timestamp)
    }

    /// Writes the capture to a file, which is replaced where it exists.
    package func write(to path: String) throws(CaptureError) {
        let bytes = file.bytes
        let output = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw CaptureError(file: path, problem: unsafe String(cString: strerror(errno))) }
        defer { _ = close(output) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[written...])
                return unsafe Glibc.write(output, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CaptureError(file: path, problem: unsafe String(cString: strerror(errno))) }
            written += count
        }
    }
}

/// Octets being put together, most significant first.
private struct Octets {
    var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> T(shift))) }
    }

    /// The Internet checksum (RFC 1071).
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in bytes.indices { sum += index % 2 == 0 ? UInt32(bytes[index]) << 8 : UInt32(bytes[index]) }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
