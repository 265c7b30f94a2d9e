/// What is counted and how much of it is exposed. Key: `metrics`.
package struct LedgerConfiguration: Sendable, Equatable {
    /// The flow families that can be exposed.
    package enum Family: String, Sendable, CaseIterable {
        case bytes
        case packets
        case drops
        case records
        case tcpSYNRecords = "tcp_syn_records"
        case tcpResetRecords = "tcp_reset_records"
        case ecnMarkedPackets = "ecn_marked_packets"
    }

    package var families: Set<Family> = [.bytes, .packets, .drops]
    /// Pairs that are exposed at most; what is beyond is folded.
    package var maxPairs = 50_000
    /// The share of `maxPairs`, 0...1, that one source namespace may hold once the table is four-fifths full.
    package var namespaceShare = 0.25
    /// How long a new series shows 0 before it shows its value, in nanoseconds.
    package var birthDelay: Int64 = 35_000_000_000
    /// Whether OpenMetrics output has `_created` samples.
    package var createdSamples = false

    package init() {}
}
