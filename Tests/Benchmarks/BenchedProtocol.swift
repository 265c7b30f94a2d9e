/// A protocol of the load, as `weir bench load --protocol` names it, with what the issue asks for.
enum BenchedProtocol: String, CaseIterable, Sendable {
    case v5, v9, ipfix, sflow

    /// Its name in a table.
    var title: String {
        switch self {
        case .v5: "NetFlow v5"
        case .v9: "NetFlow v9"
        case .ipfix: "IPFIX"
        case .sflow: "sFlow samples"
        }
    }

    /// Records (sFlow: samples) a second at which CPU time is measured.
    var rate: Double { self == .sflow ? 700_000 : 2_000_000 }

    /// Records a second that one receive thread has to take without loss.
    var capacity: Double { self == .sflow ? 1_000_000 : 3_000_000 }

    /// Seconds of CPU that a million records may cost.
    var processorSeconds: Double {
        switch self {
        case .v5: 0.15
        case .v9, .ipfix: 0.20
        case .sflow: 0.60
        }
    }

    /// How many times cheaper than nfacctd or sfacctd Weir has to be.
    var timesCheaperThanPmacct: Double { self == .sflow ? 7 : 15 }
}
