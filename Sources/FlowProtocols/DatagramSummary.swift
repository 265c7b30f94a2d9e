import FlowModel

/// What a datagram's header said, and how its decoding went.
package struct DatagramSummary: Sendable {
    /// Nil where the datagram is of no known protocol.
    package var exportProtocol: ExportProtocol?
    /// Observation domain, source id, engine or sub-agent, as in `Flow.observationDomain`.
    package var observationDomain: UInt32 = 0
    /// The header's sequence number.
    package var sequenceNumber: UInt32 = 0
    /// How much the sequence number grows by this datagram: flows (v5), data records (IPFIX), 1 (v9, sFlow).
    package var sequenceUnits: UInt32 = 0
    /// When the exporter sent it, by its own clock; unknown for sFlow, which has only an uptime.
    package var exportTime = Timestamp.unknown
    /// The exporter's uptime in milliseconds; nil for IPFIX. A step back tells a restart.
    package var uptimeMilliseconds: UInt32?
    /// The agent address of sFlow.
    package var agentAddress: IPAddress?
    /// Flow records and packet samples decoded, those of data kept earlier included.
    package var records = 0
    /// Data sets put by until their template comes.
    package var keptDataSets = 0
    /// What could not be read, a reason for each occurrence, at most 16.
    package var errors: [DecodeError] = []

    package init() {}

    /// Notes an error. Beyond 16 in one datagram the rest is not noted.
    package mutating func note(_ error: DecodeError) {
        if errors.count < 16 { errors.append(error) }
    }
}

/// Why something in a datagram was not decoded; the value of the `reason` label.
package enum DecodeError: String, Error, Sendable, CaseIterable {
    /// Shorter than its header, or than a length in it says.
    case truncated
    /// Neither NetFlow v5, v9, IPFIX nor sFlow v5.
    case unknownVersion = "unknown_version"
    /// A length, count or offset contradicts another.
    case malformed
    /// Data of a template that has not come, and that was not kept or was kept too long.
    case missingTemplate = "missing_template"
    /// A template that is refused: no fields, too long, or with scopes that cannot be.
    case badTemplate = "bad_template"
    /// A template that is refused because its records would have no length.
    case zeroLengthTemplate = "zero_length_template"
    /// A template that is refused because there is no room for another one.
    case templateLimit = "template_limit"
    /// A template that is refused because it has too many fields, or all templates of its session together have.
    case fieldLimit = "field_limit"
    /// Data of a template that has not come, for which there is no room to wait.
    case keptDataLimit = "kept_data_limit"
    /// A sampled packet's header that cannot be read.
    case badPacket = "bad_packet"
}
