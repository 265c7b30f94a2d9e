import FlowModel
import Foundation

/// A UDP datagram of a capture.
struct CapturedDatagram {
    var time: Timestamp
    var source: IPAddress
    var sourcePort: UInt16
    var destinationPort: UInt16
    var payload: [UInt8]
}

/// Reads the UDP datagrams over IPv4 of a classic pcap file in little endian, link type Ethernet, null or raw IP: as much as the test captures need.
enum TestCapture {
    static func datagrams(_ path: String) throws -> [CapturedDatagram] {
        let file = [UInt8](try Data(contentsOf: Fixtures.shared().appending(path: path)))
        func little(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } }
        let tick = little(0) == 0xA1B2_3C4D ? 1 : 1000
        let linkHeader = [0: 4, 1: 14, 101: 0, 228: 0][little(20)] ?? 14
        var datagrams: [CapturedDatagram] = []
        var offset = 24
        while offset + 16 <= file.count {
            let captured = little(offset + 8)
            let time = Timestamp(seconds: Int64(little(offset)), nanoseconds: Int64(little(offset + 4) * tick))
            offset += 16
            guard offset + captured <= file.count else { break }
            if let datagram = datagram([UInt8](file[(offset + linkHeader)..<(offset + captured)]), time: time) { datagrams.append(datagram) }
            offset += captured
        }
        return datagrams
    }

    private static func datagram(_ packet: [UInt8], time: Timestamp) -> CapturedDatagram? {
        guard packet.count >= 28, packet[0] >> 4 == 4, packet[9] == 17 else { return nil }
        let udp = Int(packet[0] & 15) * 4
        func short(_ offset: Int) -> UInt16 { UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1]) }
        let source = packet[12..<16].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return CapturedDatagram(
            time: time, source: IPAddress(v4: source), sourcePort: short(udp), destinationPort: short(udp + 2),
            payload: [UInt8](packet[(udp + 8)..<(udp + Int(short(udp + 4)))]))
    }
}
