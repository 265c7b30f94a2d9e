/// The CRC-32 of ISO/IEC 3309 (and of zip, gzip and Ethernet), which tells a damaged file from a whole one.
struct CRC32 {
    private static let table: [UInt32] = (0..<256).map { (octet: UInt32) in
        (0..<8).reduce(octet) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    private var state: UInt32 = 0xFFFF_FFFF

    /// The checksum of all that was added.
    var value: UInt32 { ~state }

    mutating func add(_ octets: some Sequence<UInt8>) {
        var state = state
        for octet in octets {
            state = Self.table[Int((state ^ UInt32(octet)) & 0xFF)] ^ state >> 8
        }
        self.state = state
    }
}
