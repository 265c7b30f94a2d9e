/// Packets made by hand, layer by layer; all numbers are big endian.
enum PacketBuilder {
    static func be16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
    static func be32(_ value: Int) -> [UInt8] { be16(value >> 16 & 0xFFFF) + be16(value & 0xFFFF) }

    static func ethernet(type: Int, tags: [(type: Int, vlan: Int)] = [], _ content: [UInt8]) -> [UInt8] {
        let addresses: [UInt8] = [0x0A, 0x58, 0x0A, 0x80, 0x02, 0x09, 0x0A, 0x58, 0x0A, 0x81, 0x02, 0x06]
        return addresses + tags.flatMap { be16($0.type) + be16($0.vlan | 5 << 13) } + be16(type) + content
    }

    /// From 10.128.2.9 to 10.129.2.6 unless said otherwise; `length` nil: the true one.
    static func ipv4(
        protocol number: Int, options: [UInt8] = [], fragment: Int = 0, length: Int? = nil, from: [UInt8] = [10, 128, 2, 9],
        to: [UInt8] = [10, 129, 2, 6], _ content: [UInt8]
    ) -> [UInt8] {
        let headerLength = 20 + options.count
        return [UInt8(0x40 | headerLength / 4), 0xB8] + be16(length ?? headerLength + content.count) + be16(0x1234) + be16(fragment)
            + [63, UInt8(number), 0, 0] + from + to + options + content
    }

    /// From fd01:0:0:2::9 to fd01:0:0:3::6; `length` nil: the true one.
    static func ipv6(next: Int, length: Int? = nil, _ content: [UInt8]) -> [UInt8] {
        be32(0x6000_0000 | 0x2E << 20 | 0xABCDE) + be16(length ?? content.count) + [UInt8(next), 62]
            + [0xFD, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9] + [0xFD, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 6] + content
    }

    static func tcp(flags: Int = 0x012) -> [UInt8] { be16(36928) + be16(8080) + be32(1) + be32(2) + be16(5 << 12 | flags) + be16(512) + be32(0) }
    static func udp(to port: Int = 5353, from: Int = 40000, _ content: [UInt8] = []) -> [UInt8] {
        be16(from) + be16(port) + be16(8 + content.count) + be16(0) + content
    }
    static func vxlan(vni: Int = 5001, _ frame: [UInt8]) -> [UInt8] { [8, 0, 0, 0] + be32(vni << 8) + frame }
    static func geneve(vni: Int = 5001, type: Int = 0x6558, options: [UInt8] = [], _ content: [UInt8]) -> [UInt8] {
        [UInt8(options.count / 4), 0] + be16(type) + be32(vni << 8) + options + content
    }
}
