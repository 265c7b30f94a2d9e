/// What was corrected in a session's records, so that the inventory can say it.
struct Corrections: OptionSet, Sendable {
    let rawValue: UInt16

    /// Open vSwitch's NetFlow v5 counts frames.
    static let netFlow5Frames = Corrections(rawValue: 1 << 0)
    /// Sampled packets are frames.
    static let packetOverhead = Corrections(rawValue: 1 << 1)
    /// Open vSwitch's IPFIX is scaled by the exporter.
    static let prescaled = Corrections(rawValue: 1 << 2)
    /// Open vSwitch's IEs 132, 133.
    static let dropCountsIgnored = Corrections(rawValue: 1 << 3)
    /// Output interfaces that say "dropped".
    static let dropMarksIgnored = Corrections(rawValue: 1 << 4)
    /// Totals without deltas.
    static let totals = Corrections(rawValue: 1 << 5)
    /// The clock's offset was taken off flow times.
    static let clock = Corrections(rawValue: 1 << 6)
    /// The configured rate.
    static let configuredRate = Corrections(rawValue: 1 << 7)
    /// Numbers that count the records of their own datagram.
    static let includingSequence = Corrections(rawValue: 1 << 8)

    private static let words: [(Corrections, String)] = [
        (.netFlow5Frames, "frame bytes: 14 bytes a packet taken off"),
        (.packetOverhead, "frame bytes of sampled packets: what is not IP (link layer, tags, padding, FCS) taken off"),
        (.prescaled, "counts are scaled by the exporter: not multiplied again"),
        (.dropCountsIgnored, "dropped-packet counts (IE 132, 133) ignored: Open vSwitch sets them on forwarded packets"),
        (.dropMarksIgnored, "drop marks of the output interface ignored (trust_drop_marks is not set)"),
        (.totals, "running totals turned into differences"),
        (.clock, "flow times moved by the offset of the exporter's clock"),
        (.configuredRate, "sampling rate as configured, not as announced"),
        (.includingSequence, "sequence numbers count the records of their own datagram"),
    ]

    /// Each correction in words.
    var inWords: [String] {
        Self.words.filter { contains($0.0) }.map(\.1)
    }
}
