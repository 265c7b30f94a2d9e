import FlowModel

/// What the load is made of: the protocol, and how many records stand in a datagram.
package enum BenchProtocol: String, CaseIterable, Sendable {
    case v5
    case v9
    case ipfix
    case sflow

    /// Records, or samples, of a full datagram.
    package var recordsPerDatagram: Int {
        switch self {
        case .v5: 30
        case .v9, .ipfix: 24
        case .sflow: 7
        }
    }

    /// The protocol's name in the rest of Weir.
    package var exportProtocol: ExportProtocol {
        switch self {
        case .v5: .netflow5
        case .v9: .netflow9
        case .ipfix: .ipfix
        case .sflow: .sflow5
        }
    }
}
