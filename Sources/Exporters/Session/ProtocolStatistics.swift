import FlowModel
import FlowProtocols

/// What a session received by one protocol.
package struct ProtocolStatistics: Sendable, Equatable {
    /// Nil: what is of no known protocol.
    package let exportProtocol: ExportProtocol?
    /// Datagrams.
    package private(set) var datagrams: UInt64 = 0
    /// Flow records and packet samples decoded.
    package private(set) var records: UInt64 = 0
    /// Errors by reason, in the order of `DecodeError.allCases`.
    private var errors = [UInt64](repeating: 0, count: DecodeError.allCases.count)

    /// How often something could not be read for this reason.
    package func decodeErrors(_ reason: DecodeError) -> UInt64 {
        errors[Self.index(of: reason)]
    }

    /// Nothing received, by each protocol and by none.
    static let allSlots = ([nil] + ExportProtocol.allCases).map { ProtocolStatistics(exportProtocol: $0) }

    /// Where the statistics of a protocol stand in `allSlots`.
    static func slot(of exportProtocol: ExportProtocol?) -> Int {
        switch exportProtocol {
        case nil: 0
        case .netflow5: 1
        case .netflow9: 2
        case .ipfix: 3
        case .sflow5: 4
        }
    }

    mutating func note(_ summary: DatagramSummary) {
        datagrams &+= 1
        records &+= UInt64(clamping: summary.records)
        for error in summary.errors { errors[Self.index(of: error)] &+= 1 }
    }

    mutating func note(_ reason: DecodeError, times: Int) {
        errors[Self.index(of: reason)] &+= UInt64(clamping: times)
    }

    /// Adds another session's.
    mutating func add(_ other: ProtocolStatistics) {
        datagrams &+= other.datagrams
        records &+= other.records
        for (index, count) in other.errors.enumerated() { errors[index] &+= count }
    }

    private init(exportProtocol: ExportProtocol?) {
        self.exportProtocol = exportProtocol
    }

    private static func index(of reason: DecodeError) -> Int {
        switch reason {
        case .truncated: 0
        case .unknownVersion: 1
        case .malformed: 2
        case .missingTemplate: 3
        case .badTemplate: 4
        case .zeroLengthTemplate: 5
        case .templateLimit: 6
        case .fieldLimit: 7
        case .keptDataLimit: 8
        case .badPacket: 9
        }
    }
}
