import Exporters
import FlowModel
import FlowProtocols
import Identity
import Windows

/// One transport session, in its place in the shard's table.
package struct Session {
    var key: SessionKey
    /// Its templates, and the data that waits for one.
    package var decoder: SessionDecoder
    var exporter: ExporterSession
    /// What stands for the exporter in bookings.
    var number = ExporterNumber.rest
    var node: NodeIndex?
    /// Whether flows have come in it.
    private(set) var hasFlows = false
    /// Whether the node of this session is known to all shards as one that exports.
    var isNoted = false
    var lastSeen: Timestamp
    /// What the exporter is taken for.
    var standing = ExporterSession.Standing()
    /// Whether a record of the exporter has said that it was seen leaving.
    var hasSentEgress = false
    /// Which of its node's vantage points it is.
    private(set) var vantage = VantageNumber.none
    private var vantageProtocol = ExportProtocol.netflow5
    /// What it has reported, where its node has several vantage points, since that was last taken.
    var evidence = VantageEvidence()

    /// Whether its records have been asked how many packets there were between nodes, and whether that could not be told of some, since the last report.
    private(set) var isMeasured = false
    private var wasSampled = false
    private var reportedTroubles: UInt64 = 0

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
    /// Differs from what it was whenever there is something new to save, as last looked at.
    private(set) var revision: UInt64 = 0
    /// What `revision` was when it was last put there.
    var savedRevision: UInt64 = 0
    /// When it is to be saved again for having been heard.
    var nextSave = Timestamp.unknown

    /// A session of which nothing is known yet.
    package init(key: SessionKey, configuration: ExportersConfiguration.Exporter?, defaultSamplingRate: UInt32, node: NodeIndex?, at now: Timestamp) {
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

    // MARK: Its vantage point

    /// Its vantage point; none where that is not one of this protocol. Mutating, so that the session is looked at where it lies.
    mutating func vantage(speaking exportProtocol: ExportProtocol) -> VantageNumber { vantageProtocol == exportProtocol ? vantage : .none }

    mutating func take(_ vantage: VantageNumber, _ exportProtocol: ExportProtocol) {
        if vantage != self.vantage { evidence = VantageEvidence() }
        self.vantage = vantage
        vantageProtocol = exportProtocol
    }

    /// Its node is another one.
    mutating func leaveVantage() {
        vantage = .none
        evidence = VantageEvidence()
    }

    /// The observation domains it has spoken in, with this one.
    func vantageDomains(_ domain: UInt32) -> [UInt32] { [domain] + exporter.observationDomains.filter { $0 != domain } }

    var hasEvidence: Bool { isInUse && !evidence.isEmpty }

    mutating func takeEvidence() -> VantageEvidence {
        defer { evidence = VantageEvidence() }
        return evidence
    }

    // MARK: What its records tell of packets between nodes

    /// Whether its records tell how many packets there were; notes whether they are asked.
    mutating func measures(isAsked: Bool) -> Bool {
        isMeasured = isAsked
        guard isAsked else { return false }
        if standing.isSampled { wasSampled = true }
        return !standing.isSampled
    }

    /// How it has been doing since the last report.
    mutating func takeNodeReport() -> NodeReport {
        let troubles = exporter.troubles
        let trouble: NodeReport.Trouble? = troubles != reportedTroubles ? .lostRecords : wasSampled ? .sampled : nil
        reportedTroubles = troubles
        wasSampled = false
        let number = key.address.mixed(seed: UInt64(key.connection) << 32 | UInt64(key.sourcePort) << 16 | UInt64(key.localPort))
        return NodeReport(
            heard: lastSeen, delay: exporter.takeReportDelay(), trouble: trouble, mayBeSampled: standing.mayBeSampled, sessions: number)
    }

    // MARK: Around each datagram
    //
    // All that is done to a session for a datagram is done by methods that change it in its place: one that only looked could have it copied.

    /// Says what it may hold beyond what it holds already, before a datagram is decoded.
    mutating func allow(_ room: HeldBytes) {
        let mayHold = held + room
        decoder.allowance.templateBytes = mayHold[.templates]
        decoder.allowance.keptBytes = mayHold[.keptData]
        var allowance = ExporterSession.Allowance()
        allowance.pendingBytes = mayHold[.pendingFlows]
        allowance.runningTotalBytes = mayHold[.runningTotals]
        allowance.factBytes = mayHold[.facts]
        exporter.allow(allowance)
    }

    /// Decodes a datagram into `batch` and makes its flows *as counted*.
    ///
    /// - Returns: Whether anything in it could be counted, and what there was no room for.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at now: Timestamp, into batch: inout FlowBatch
    ) -> (hasRecords: Bool, refused: ExporterSession.Refused?) {
        let summary = unsafe decoder.decode(payload, receivedAt: now, into: &batch)
        standing = exporter.normalise(&batch, summary: summary, receivedAt: now)
        return (summary.records > 0 || !batch.interfaceCounters.isEmpty, exporter.takeRefused())
    }

    /// Where these flows come from.
    mutating func origin(of flows: [Flow]) -> (origin: FlowOrigin, believesNames: Bool, isNoted: Bool) {
        hasFlows = true
        if !hasSentEgress { hasSentEgress = flows.contains { $0.direction == .egress } }
        var origin = FlowOrigin(exporter: key.address, node: node, reportsBothDirections: standing.reportsBothDirections && hasSentEgress)
        origin.number = number
        origin.isSampled = standing.mayBeSampled
        return (origin, standing.believesClaimedNames, isNoted)
    }

    /// What changed since a session was last looked at.
    struct Change {
        /// What it holds more than before.
        var held: HeldBytes
        /// Whether something in it has begun to wait for time to pass.
        var beganToWait: Bool
        /// Whether there is something new to save.
        var hasNews: Bool
    }

    /// What a datagram, or time, has changed; nil where nothing has.
    mutating func review() -> Change? {
        let decoder = decoder.account()
        let exporter = exporter.account()
        let holding = HeldBytes(
            templates: decoder.templateBytes, keptData: decoder.keptBytes, pendingFlows: exporter.pendingBytes,
            runningTotals: exporter.runningTotalBytes, facts: exporter.factBytes)
        let beginsToWait = !isWaiting && (decoder.isWaiting || exporter.isWaiting)
        revision = Self.revision(decoder.revision, exporter.revision)
        let hasNews = revision != savedRevision
        guard holding != held || beginsToWait || hasNews else { return nil }
        let change = Change(held: holding - held, beganToWait: beginsToWait, hasNews: hasNews)
        held = holding
        if beginsToWait { isWaiting = true }
        return change
    }

    /// Whether something in it waits for time to pass.
    mutating func waits() -> Bool { decoder.isWaiting || exporter.isWaiting }

    private static func revision(_ templates: UInt64, _ facts: UInt64) -> UInt64 { templates &* 0x9E37_79B9_7F4A_7C15 &+ facts }
}
