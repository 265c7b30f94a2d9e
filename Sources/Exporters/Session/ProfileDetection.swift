import FlowModel
import FlowProtocols

/// What a session's NetFlow v5 shows of the exporter that sends it.
///
/// A v5 datagram has no field that names its exporter. Open vSwitch gives itself away by three things:
/// - an output interface of 65533, its mark for "none", with no sampling in the header: certain, and in every record under OVN;
/// - a sequence number that counts the records of the datagram, too (by the book, and in every other exporter known, it counts those before it):
///   certain once two datagrams of different sizes have come;
/// - the same in the very first datagram of an exporter, whose number is then one less than its count, with interfaces given: presumed until the
///   sequence tells otherwise. (A datagram of one record is numbered 0 by both, and tells nothing.)
///
/// 65534 and 65535 tell nothing: other exporters write them for "unknown".
enum NetFlow5Kind: Sendable {
    case undecided
    case presumedOpenVSwitch
    case openVSwitch
    case other

    var isOpenVSwitch: Bool { self == .presumedOpenVSwitch || self == .openVSwitch }
    var isSettled: Bool { self == .openVSwitch || self == .other }

    /// Looks at a datagram before its flows are changed.
    mutating func look(at flows: [Flow], summary: DatagramSummary, reading: SequenceStream.Reading?, isFirst: Bool) {
        guard !isSettled else { return }
        let isSampled = flows.contains { $0.samplingRate > 1 }
        if isSampled || reading == .before {
            self = .other
        } else if reading == .including || flows.contains(where: { $0.outputInterface == 65533 }) {
            self = .openVSwitch
        } else if isFirst, flows.count >= 2, summary.sequenceNumber &+ 1 == summary.sequenceUnits, flows.allSatisfy({ $0.inputInterface != 0 }) {
            self = .presumedOpenVSwitch
        }
    }
}

extension ExporterSession {
    /// Takes over what another session of the same address has shown. It matters only for NetFlow v5, whose datagrams don't name their exporter:
    /// beside an Open vSwitch that speaks IPFIX, v5 is presumed to be its, too, until its sequence numbers tell otherwise. IPFIX itself is always judged by
    /// the session's own templates, since another exporter may run on the same node.
    package mutating func adoptProfile(_ profile: ExporterProfile) {
        if profile == .openvswitch, netFlow5Kind == .undecided { netFlow5Kind = .presumedOpenVSwitch }
    }

    /// What the exporter is: as configured, else as detected by what it sends. softflowd and pmacct need nothing corrected and are told only by the
    /// configuration.
    package var profile: ExporterProfile {
        configured.profile ?? detectedProfile
    }

    /// What the exporter shows itself to be, whatever the configuration says.
    package var detectedProfile: ExporterProfile {
        let speaksNetFlow5 = statistics[ProtocolStatistics.slot(of: .netflow5)].datagrams > 0
        if templates.traits.contains(.openVSwitch) || speaksNetFlow5 && netFlow5Kind.isOpenVSwitch { return .openvswitch }
        return templates.traits.contains(.antrea) ? .antrea : .standard
    }

    /// What is to be known of a session for each of its batches, without a look into it (which would copy it).
    package struct Standing: Sendable, Equatable {
        /// Whether flowDirection 0 and 1 are two views of one packet (Open vSwitch's IPFIX), and not the two halves of a conversation.
        package var reportsBothDirections = false
        /// Whether the pod names in its records may be believed: only where the configuration says `profile: antrea`, since anyone can forge a datagram.
        package var believesClaimedNames = false
        /// Whether its records are of sampled packets.
        package var isSampled = false
        /// Whether they may be, although it tells no rate.
        package var mayBeSampled = false

        package init() {}
    }

    /// What the session is taken for now.
    package var standing: Standing {
        var standing = Standing()
        standing.reportsBothDirections = isOpenVSwitchIPFIX
        standing.believesClaimedNames = configured.profile == .antrea
        standing.isSampled = appliedRate > 1
        // Of its NetFlow nothing is sampled, whatever its IPFIX would be.
        let speaksIPFIX = statistics[ProtocolStatistics.slot(of: .ipfix)].datagrams > 0
        standing.mayBeSampled = isOpenVSwitchIPFIX && speaksIPFIX && packetDivisor != 1
        return standing
    }

    var isOpenVSwitchIPFIX: Bool {
        configured.profile.map { $0 == .openvswitch } ?? templates.traits.contains(.openVSwitch)
    }

    var isOpenVSwitchNetFlow5: Bool {
        configured.profile.map { $0 == .openvswitch } ?? netFlow5Kind.isOpenVSwitch
    }
}
