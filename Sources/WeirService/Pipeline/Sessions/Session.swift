import Exporters
import FlowModel
import FlowProtocols
import Identity

/// One transport session, in its place in the shard's table.
struct Session {
    var key: SessionKey
    var decoder: SessionDecoder
    var exporter: ExporterSession
    var node: NodeIndex?
    /// Whether the node of this session is known to all shards as one that exports.
    var isNoted = false
    var lastSeen: Timestamp
    /// What the exporter is taken for.
    var standing = ExporterSession.Standing()
    /// Whether a record of the exporter has said that it was seen leaving.
    var hasSentEgress = false

    // What the table keeps of it.

    /// Whether the place is taken.
    var isInUse = true
    /// Its address among the table's sources.
    var source = 0
    /// What it was last found to hold.
    var held = HeldBytes()
    /// When its first record or counter came; unknown before.
    var firstRecord = Timestamp.unknown
    /// Whether it has brought records for a minute.
    var isEstablished = false
    /// Whether it stands in the list of those that a tick visits.
    var isWaiting = false
    /// Whether it stands in the list of those to be saved.
    var isChanged = false
    /// What `savedRevision` was when it was last put there.
    var savedRevision: UInt64 = 0
    /// When it is to be saved again for having been heard.
    var nextSave = Timestamp.unknown

    /// A session of which nothing is known yet.
    init(key: SessionKey, configuration: ExportersConfiguration.Exporter?, defaultSamplingRate: UInt32, node: NodeIndex?, at now: Timestamp) {
        self.key = key
        decoder = SessionDecoder()
        exporter = ExporterSession(
            address: key.address, sourcePort: key.sourcePort, localPort: key.localPort, configuration: configuration,
            defaultSamplingRate: defaultSamplingRate)
        self.node = node
        lastSeen = now
    }

    /// What stands in a place that nobody has.
    static var vacant: Session {
        var session = Session(
            key: SessionKey(address: .unspecified, sourcePort: 0, localPort: 0), configuration: nil, defaultSamplingRate: 1, node: nil, at: .unknown)
        session.isInUse = false
        return session
    }

    /// Whether any record of it could be decoded.
    var hasRecords: Bool { firstRecord != .unknown }

    /// What it holds now.
    var holding: HeldBytes {
        HeldBytes(
            templates: decoder.templateBytes, keptData: decoder.keptBytes, pendingFlows: exporter.pendingBytes,
            runningTotals: exporter.runningTotalBytes, facts: exporter.factBytes)
    }

    /// Differs from what it was whenever there is something new to save.
    var revision: UInt64 { decoder.templateRevision &* 0x9E37_79B9_7F4A_7C15 &+ exporter.savedRevision }
}
