import Ledger

/// One of the flow families: its name, and which of a pair's values it shows.
struct FlowFamily: Sendable {
    let family: LedgerConfiguration.Family
    let name: String
    let help: String
    private let pairValue: @Sendable (Ledger.ExposedPair) -> UInt64
    private let takesRare: @Sendable (RareAmount) -> Bool

    private init(
        _ family: LedgerConfiguration.Family, _ name: String, _ help: String, pair: @escaping @Sendable (Ledger.ExposedPair) -> UInt64 = { _ in 0 },
        rare: @escaping @Sendable (RareAmount) -> Bool = { _ in false }
    ) {
        self.family = family
        self.name = name
        self.help = help
        pairValue = pair
        takesRare = rare
    }

    func value(_ pair: Ledger.ExposedPair) -> UInt64 { pairValue(pair) }

    func takes(_ amount: RareAmount) -> Bool { takesRare(amount) }

    /// Families of which every pair has a value.
    static let pairFamilies = [
        FlowFamily(.bytes, "weir_flow_bytes_total", "IP bytes (layer 3) between two ends, scaled by the sampling rate.") { $0.bytes },
        FlowFamily(.packets, "weir_flow_packets_total", "Packets between two ends, scaled by the sampling rate.") { $0.packets },
        FlowFamily(.records, "weir_flow_records_total", "Flow records and packet samples between two ends.") { $0.records },
    ]

    /// Families that show the pairs that are not zero.
    static let rareFamilies = [
        FlowFamily(
            .drops, "weir_flow_dropped_bytes_total", "IP bytes between two ends that exporters say they dropped.",
            rare: { if case .droppedBytes = $0 { true } else { false } }),
        FlowFamily(
            .drops, "weir_flow_dropped_packets_total", "Packets between two ends that exporters say they dropped.",
            rare: { if case .droppedPackets = $0 { true } else { false } }),
        FlowFamily(
            .tcpSYNRecords, "weir_flow_tcp_syn_records_total", "TCP records between two ends in whose flags SYN stands.",
            rare: { $0 == .tcpSYNRecords }),
        FlowFamily(
            .tcpResetRecords, "weir_flow_tcp_reset_records_total", "TCP records between two ends in whose flags RST stands.",
            rare: { $0 == .tcpResetRecords }),
        FlowFamily(
            .ecnMarkedPackets, "weir_flow_ecn_marked_packets_total", "Packets between two ends of flows marked as having met congestion (RFC 3168).",
            rare: { $0 == .ecnMarkedPackets }),
    ]
}
