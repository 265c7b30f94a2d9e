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

    /// What it may hold at present, as far as its own limits let it.
    private(set) var allowance = Allowance()
    /// What it had no room for, since `takeRefused()`.
    var refused = Refused()
    /// Whether a sequence has gaps that may still be filled.
    var hasGaps = false

    var statistics = ProtocolStatistics.allSlots
    var corrections = Corrections()
    var firstSeen = Timestamp.unknown
    var lastSeen = Timestamp.unknown
    var domains: [UInt32] = []
    var agents: [IPAddress] = []
    var announcedActiveTimeout: UInt32?
    var longestDuration: Int64 = 0
    /// How long after a packet it was told of, at most, since `takeReportDelay()`, nanoseconds.
    var reportDelay: Int64 = 0
    /// The greatest number that divides all packet counts of Open vSwitch's IPFIX; 0 before the first.
    var packetDivisor: UInt64 = 0
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
        if pending.isDue(at: receivedAt, hasNews: hasNews) { releasePending(into: &batch, at: receivedAt) }
        return standing
    }

    /// Appends flows to the batch that have waited for their sampling rate as long as they may, and settles what time decides. To be called each second;
    /// at the end of a capture with a time far ahead.
    package mutating func release(now: Timestamp, into batch: inout FlowBatch) {
        if pending.isDue(at: now) || !pending.isEmpty && configured.samplingRate != nil { releasePending(into: &batch, at: now) }
        guard hasGaps else { return }
        hasGaps = false
        for index in streams.indices {
            streams[index].settle(at: now)
            if streams[index].hasGaps { hasGaps = true }
        }
    }

    /// Whether something in it waits for time to pass: `release(now:into:)` has something to look at.
    package var isWaiting: Bool { hasGaps || !pending.isEmpty }

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

// MARK: What it holds

extension ExporterSession {
    /// What the session may hold in all, as far as its own limits let it: the share of what is there for all sessions. Set anew before a datagram.
    package struct Allowance: Sendable {
        /// Octets of flows that wait for their sampling rate.
        package var pendingBytes = Int.max
        /// Octets of running totals.
        package var runningTotalBytes = Int.max
        /// Octets of what the exporter says of itself: rates, names, template ids, sequences.
        package var factBytes = Int.max

        /// As much as the session's own limits say.
        package init() {}
    }

    /// What there was no room for.
    package struct Refused: Sendable, Equatable {
        /// Flows that were to wait for their sampling rate; they counted at once, at the default rate.
        package var pendingFlows: UInt64 = 0
        /// Records of running totals that could not be remembered; they counted as nothing.
        package var runningTotals: UInt64 = 0
        /// Rates, names, template ids, sequences.
        package var facts: UInt64 = 0

        /// Nothing.
        package init() {}
    }

    /// Sets what it may hold from now on. What it holds already stays.
    package mutating func allow(_ allowance: Allowance) {
        self.allowance = allowance
        pending.limitBytes = allowance.pendingBytes
        totals.limitBytes = allowance.runningTotalBytes
    }

    /// What changes with datagrams and must be looked at after each. Mutating, so that the session is looked at where it lies.
    package mutating func account() -> (pendingBytes: Int, runningTotalBytes: Int, factBytes: Int, isWaiting: Bool, revision: UInt64) {
        (pending.bytes, totals.bytes, factBytes, hasGaps || !pending.isEmpty, savedRevision)
    }

    /// What there was no room for since the last call; nil where there was room for all.
    package mutating func takeRefused() -> Refused? {
        guard refused != Refused() || totals.refused != 0 else { return nil }
        var taken = refused
        taken.runningTotals = totals.refused
        refused = Refused()
        totals.refused = 0
        return taken
    }
}

extension ExporterSession {
    /// The names of its interfaces as they are now: taking it copies nothing.
    package struct InterfaceNaming: Sendable {
        fileprivate let names: InterfaceNames

        /// The name of an interface (IE 82; sFlow port name); nil where it was not told.
        package func name(domain: UInt32, index: UInt32) -> String? {
            names.name(domain: domain, index: index)
        }
    }

    /// The names of its interfaces; nil where it has told none.
    package var interfaceNaming: InterfaceNaming? {
        interfaces.names.isEmpty ? nil : InterfaceNaming(names: interfaces)
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
