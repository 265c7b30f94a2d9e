import FlowModel

/// What exporters cannot tell themselves. Keys: `exporters`, `collector.default_sampling_rate`, `collector.protocol_preference`.
package struct ExportersConfiguration: Sendable, Equatable {
    /// One entry of `exporters:`.
    package struct Exporter: Sendable, Equatable {
        /// The address its datagrams come from.
        package var address: IPAddress
        /// What it is called in labels; its address where nil.
        package var name: String?
        /// The Kubernetes node it exports for.
        package var node: String?
        /// What it is; detected where nil.
        package var profile: ExporterProfile?
        /// Whether its marks of a dropped packet are true (Open vSwitch on a bridge without conntrack).
        package var trustDropMarks = false
        /// Of exporters of one node, the one with the larger number counts before the others, whatever they speak.
        package var preference = 0
        /// Its sampling rate, which overrides what it announces; nil: as announced.
        package var samplingRate: UInt32?

        package init(address: IPAddress) {
            self.address = address
        }
    }

    package var exporters: [Exporter] = []
    /// What a record counts as whose rate was announced and did not come in time.
    package var defaultSamplingRate: UInt32 = 1
    /// Where a node's packets are reported by several protocols, the first of these counts; all of them, each once.
    package var protocolPreference = defaultProtocolPreference

    package static let defaultProtocolPreference: [ExportProtocol] = [.ipfix, .netflow9, .netflow5, .sflow5]

    package init() {}
}

/// The kinds of exporter whose records need to be read in a way of their own.
package enum ExporterProfile: String, Sendable, CaseIterable, Codable {
    /// By the book: nothing is corrected.
    case standard
    /// Open vSwitch: see docs/exporters.md.
    case openvswitch
    /// Antrea's flow exporter: the names in its records are believed.
    case antrea
    /// softflowd.
    case softflowd
    /// pmacct.
    case pmacct
}
