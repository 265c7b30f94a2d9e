import FlowModel

/// What is counted for few pairs only; it lives beside the pairs' rows, and is exposed when it is not zero.
package enum RareAmount: Hashable, Sendable {
    case droppedPackets(DropReason)
    case droppedBytes(DropReason)
    case tcpSYNRecords
    case tcpResetRecords
    case ecnMarkedPackets

    /// Why packets were dropped, where it counts those.
    package var reason: DropReason? {
        switch self {
        case .droppedPackets(let reason), .droppedBytes(let reason): reason
        default: nil
        }
    }

    /// The same amount for no particular reason.
    var withoutReason: RareAmount {
        switch self {
        case .droppedPackets: .droppedPackets(.unspecified)
        case .droppedBytes: .droppedBytes(.unspecified)
        default: self
        }
    }

    /// The family that it belongs to.
    package var family: LedgerConfiguration.Family {
        switch self {
        case .droppedPackets, .droppedBytes: .drops
        case .tcpSYNRecords: .tcpSYNRecords
        case .tcpResetRecords: .tcpResetRecords
        case .ecnMarkedPackets: .ecnMarkedPackets
        }
    }
}

/// One rare amount of one pair.
struct RareKey: Hashable, Sendable {
    var pair: UInt64
    var amount: RareAmount
}
