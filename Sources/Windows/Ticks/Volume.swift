/// What every flow adds to what flowed: IP bytes, packets, records.
struct Volume: Sendable, Equatable, BitwiseCopyable {
    /// IP bytes.
    var bytes: Int64 = 0
    var packets: Int64 = 0
    /// Flow records (sampled packets, where those are what is reported).
    var records: Int64 = 0

    @inline(__always)
    static func += (left: inout Volume, right: Volume) {
        left.bytes &+= right.bytes
        left.packets &+= right.packets
        left.records &+= right.records
    }

    @inline(__always)
    static func -= (left: inout Volume, right: Volume) {
        left.bytes &-= right.bytes
        left.packets &-= right.packets
        left.records &-= right.records
    }

    static func - (left: Volume, right: Volume) -> Volume {
        var difference = left
        difference -= right
        return difference
    }

    var isZero: Bool { bytes | packets | records == 0 }
}
