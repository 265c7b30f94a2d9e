import FlowModel
import FlowProtocols

/// One transport session of an exporter (its address and port, our port): turns its flows *as sent* into flows *as counted*.
///
/// As counted: `bytes` are IP bytes (layer 3), counts are multiplied by the sampling rate (which `samplingRate` then is), `dropped…` is what is believed to
/// have been dropped, times are by our clock and never in the future, running totals are differences. A state machine without I/O or clock.
package struct ExporterSession: Sendable {
    /// The address the datagrams come from.
    package let address: IPAddress
    /// The port they come from.
    package let sourcePort: UInt16
    /// The port they come to.
    package let localPort: UInt16

    var configured: Configured

    var rates = SamplingRates()
    var pending = PendingFlows()
    var totals = RunningTotals()
    var templates = TemplateInventory()
    var interfaces = InterfaceNames()
    var streams: [SequenceStream] = []
    var clock = ClockOffset()
    var netFlow5Kind = NetFlow5Kind.undecided

    var statistics = ProtocolStatistics.allSlots
    var corrections = Corrections()
    var firstSeen = Timestamp.unknown
    var lastSeen = Timestamp.unknown
    var domains: [UInt32] = []
    var agents: [IPAddress] = []
    var announcedActiveTimeout: UInt32?
    var longestDuration: Int64 = 0
    var unknownSamplingRecords: UInt64 = 0
    var appliedRate: UInt32 = 1
    var appliedSource = SamplingSource.unknown

    /// A session of which nothing is known yet.
    ///
    /// - Parameters:
    ///   - configuration: what the configuration says about this address; nil: nothing.
    ///   - defaultSamplingRate: what a record counts as whose rate was announced and did not come; 0 is taken as 1.
    package init(
        address: IPAddress, sourcePort: UInt16, localPort: UInt16, configuration: ExportersConfiguration.Exporter?, defaultSamplingRate: UInt32
    ) {
        self.address = address
        self.sourcePort = sourcePort
        self.localPort = localPort
        configured = Configured(configuration, defaultSamplingRate: defaultSamplingRate)
    }

    /// Goes on under another configuration; what was learned stays.
    package mutating func reconfigure(_ configuration: ExportersConfiguration.Exporter?, defaultSamplingRate: UInt32) {
        configured = Configured(configuration, defaultSamplingRate: defaultSamplingRate)
    }

    /// Takes in one decoded datagram and makes its flows *as counted*, in place. To be called for each datagram, also for one without flows.
    ///
    /// Flows that wait for their sampling rate leave the batch (their details and claimed names with them); those whose wait is over are appended to it.
    ///
    /// - Returns: what the session is taken for after this datagram.
    @discardableResult
    package mutating func normalise(_ batch: inout FlowBatch, summary: DatagramSummary, receivedAt: Timestamp) -> Standing {
        let isFirst = note(summary, at: receivedAt)
        let hasNews = !batch.facts.isEmpty
        if hasNews { takeFacts(batch.facts, at: receivedAt) }
        if let exportProtocol = summary.exportProtocol {
            let stream = trackSequence(of: summary, exportProtocol: exportProtocol, at: receivedAt)
            if summary.exportTime != .unknown { clock.take(exportTime: summary.exportTime, receivedAt: receivedAt) }
            if exportProtocol == .netflow5, !netFlow5Kind.isSettled {
                netFlow5Kind.look(at: batch.flows, summary: summary, reading: stream.flatMap { streams[$0].reading }, isFirst: isFirst)
            }
            if !batch.flows.isEmpty {
                count(&batch, plan: plan(for: exportProtocol, receivedAt: receivedAt))
            }
        }
        if !pending.isEmpty, hasNews || pending.isOverdue(at: receivedAt) { releasePending(into: &batch, at: receivedAt) }
        return standing
    }

    /// Appends flows to the batch that have waited for their sampling rate as long as they may, and settles what time decides. To be called each second;
    /// at the end of a capture with a time far ahead.
    package mutating func release(now: Timestamp, into batch: inout FlowBatch) {
        if pending.isOverdue(at: now) || !pending.isEmpty && configured.samplingRate != nil { releasePending(into: &batch, at: now) }
        for index in streams.indices { streams[index].settle(at: now) }
    }

    /// Notes data sets whose template did not come while they were kept.
    package mutating func noteMissingTemplates(_ count: Int) {
        guard count > 0 else { return }
        let speaks = statistics.lastIndex { ($0.exportProtocol == .netflow9 || $0.exportProtocol == .ipfix) && $0.datagrams > 0 }
        statistics[speaks ?? ProtocolStatistics.slot(of: .ipfix)].note(.missingTemplate, times: count)
    }

    /// The name of one of its interfaces (IE 82; sFlow port name); nil where it was not told.
    package func interfaceName(domain: UInt32, index: UInt32) -> String? {
        interfaces.name(domain: domain, index: index)
    }
}

extension ExporterSession {
    /// What the configuration says, without the texts, which would be retained and released for each datagram.
    struct Configured: Sendable {
        let profile: ExporterProfile?
        let trustsDropMarks: Bool
        /// At least 1.
        let samplingRate: UInt32?
        /// At least 1.
        let defaultSamplingRate: UInt32

        init(_ exporter: ExportersConfiguration.Exporter?, defaultSamplingRate: UInt32) {
            profile = exporter?.profile
            trustsDropMarks = exporter?.trustDropMarks ?? false
            samplingRate = exporter?.samplingRate.map { max($0, 1) }
            self.defaultSamplingRate = max(defaultSamplingRate, 1)
        }
    }
}
