import FlowModel
import FlowProtocols

/// One exporter as `/api/v1/exporters` shows it: what its sessions say together.
package struct ExporterStatus: Sendable, Encodable, Equatable {
    /// A transport session of it.
    package struct Session: Sendable, Encodable, Equatable {
        package var sourcePort: UInt16
        package var localPort: UInt16
        package var protocols: [String]
        package var domains: [UInt32]
        package var agents: [String]
        package var templates: Int
        package var datagrams: UInt64
        package var records: UInt64
        /// Seconds since 1970.
        package var firstSeen: Double
        /// Seconds since 1970.
        package var lastSeen: Double
    }

    /// What came by one protocol.
    package struct ByProtocol: Sendable, Encodable, Equatable {
        /// As in the `protocol` label; `unknown` for what is of none.
        package var name: String
        package var datagrams: UInt64
        package var records: UInt64
        /// Units missing in the sequence, by unit (`records`, `datagrams`).
        package var lost: [String: UInt64]
        /// What could not be read, by reason.
        package var decodeErrors: [String: UInt64]
        /// Distinct templates seen, in the sessions that speak this protocol.
        package var templates: Int
        /// Packets observed for each packet sampled, as last applied.
        package var samplingRate: UInt32
        package var samplingSource: SamplingSource
        /// Seconds; nil where none was announced and no flow has lasted.
        package var activeTimeoutSeconds: UInt32?
        package var isActiveTimeoutAnnounced: Bool
        /// By how much the exporter's clock is ahead of ours, to about a second; nil for sFlow.
        package var clockOffsetSeconds: Double?
        /// Seconds since 1970.
        package var lastSeen: Double
    }

    /// The address its datagrams come from.
    package var address: String
    /// As configured; else its address.
    package var name: String
    /// The Kubernetes node it exports for, where that is known.
    package var node: String?
    package var profile: ExporterProfile
    /// Whether the configuration says the profile.
    package var isProfileConfigured: Bool
    package var protocols: [ByProtocol]
    package var sessions: [Session]
    /// What is corrected in its records, in words.
    package var corrections: [String]
    /// Flows that wait for their sampling rate.
    package var pending: Int
    /// Records counted at the default rate because theirs did not come.
    package var unknownSamplingRecords: UInt64
    /// Seconds since 1970.
    package var lastSeen: Double
    /// Why more than one exporter must be behind this address, in words; empty where nothing says so (`weir_exporter_address_shared` is 0).
    package var sharedAddress: [String]

    /// What stands in the `exporter` label for exporters that are not told apart: no name that can be configured has a colon, no address begins so.
    package static let restName = "reserved:other"

    /// Whether this stands for exporters that are not told apart: of them there are only sums.
    package var isRest: Bool { address.isEmpty }

    /// Whether several exporters seem to be behind this address.
    package var addressIsShared: Bool { !sharedAddress.isEmpty }
}
