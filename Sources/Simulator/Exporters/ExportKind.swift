/// What an exporter speaks, and how much of the traffic it looks at.
package enum ExportKind: Sendable, Equatable {
    case ipfix
    case netflow9
    /// One packet in so many, which its options data tell.
    case sampledNetFlow9(UInt32)
    case netflow5
    /// One packet in so many.
    case sflow(UInt32)

    /// One packet in so many is looked at.
    package var samplingRate: UInt32 {
        switch self {
        case .ipfix, .netflow9, .netflow5: 1
        case .sampledNetFlow9(let rate), .sflow(let rate): rate
        }
    }

    /// As people call it.
    package var words: String {
        let sampled = samplingRate > 1 ? ", 1 packet in \(samplingRate)" : ", every packet"
        return switch self {
        case .ipfix: "IPFIX" + sampled
        case .netflow9, .sampledNetFlow9: "NetFlow v9" + sampled
        case .netflow5: "NetFlow v5" + sampled
        case .sflow: "sFlow v5" + sampled
        }
    }

    /// What the nodes export, in their order.
    static let ofNodes: [ExportKind] = [.ipfix, .ipfix, .ipfix, .netflow9, .sampledNetFlow9(100), .netflow5, .sflow(256), .sflow(256)]
}
