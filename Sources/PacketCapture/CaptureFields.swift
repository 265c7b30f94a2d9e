/// The numbers in a record, in the byte order of the machine that wrote it.
struct CaptureFields {
    private let bytes: ArraySlice<UInt8>
    private let isBigEndian: Bool

    init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
    }

    var count: Int { bytes.count }

    /// The octet `position` octets from the start; 0 where there is none.
    func uint8(_ position: Int) -> UInt8 {
        position >= 0 && position < bytes.count ? bytes[bytes.startIndex + position] : 0
    }

    /// The number `position` octets from the start; octets that are not there read as 0.
    func uint16(_ position: Int) -> UInt16 {
        let first = UInt16(uint8(position))
        let second = UInt16(uint8(position + 1))
        return isBigEndian ? first << 8 | second : second << 8 | first
    }

    /// The number `position` octets from the start; octets that are not there read as 0.
    func uint32(_ position: Int) -> UInt32 {
        let first = UInt32(uint16(position))
        let second = UInt32(uint16(position + 2))
        return isBigEndian ? first << 16 | second : second << 16 | first
    }

    /// The number `position` octets from the start; octets that are not there read as 0.
    func uint64(_ position: Int) -> UInt64 {
        let first = UInt64(uint32(position))
        let second = UInt64(uint32(position + 4))
        return isBigEndian ? first << 32 | second : second << 32 | first
    }

    /// At most `length` octets from `position` on.
    func slice(_ position: Int, length: Int) -> ArraySlice<UInt8> {
        bytes.dropFirst(position).prefix(length)
    }
}
