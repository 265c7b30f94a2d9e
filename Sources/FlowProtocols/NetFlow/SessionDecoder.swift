import FlowModel

/// The decoding state of one transport session (RFC 7011 §2: source address and port, local port): its templates, the data that waits for one, and what
/// its options data said of the system's start.
///
/// Takes datagrams of NetFlow v5 and v9, IPFIX and sFlow v5, told apart by the version in each. Whatever is sent, it neither traps nor loops, and holds
/// no more than its limits say.
package struct SessionDecoder: Sendable {
    /// What one session may make its decoder hold. Each is far above what exporters send.
    package struct Limits: Sendable {
        /// Templates and options templates, of all observation domains. (Open vSwitch sends 89 for each.)
        package var templates = 2048
        /// Fields of one template.
        package var fieldsPerTemplate = 1024
        /// Fields of all templates together.
        package var fields = 65536
        /// Bytes of data sets that wait for their template, about 200 for each set included.
        package var keptBytes = 256 * 1024
        /// Nanoseconds that a data set may wait for its template.
        package var keptAge: Int64 = 60_000_000_000
        /// Observation domains whose system start (IE 160) is remembered.
        package var systemStarts = 64

        /// The defaults.
        package init() {}
    }

    /// What the session may hold in all, as far as its limits let it: the share of what is there for all sessions. Set anew before a datagram is decoded.
    package struct Allowance: Sendable {
        /// Octets of templates, and of what options data said of systems' starts.
        package var templateBytes = Int.max
        /// Octets of data sets that wait for their template.
        package var keptBytes = Int.max

        /// As much as the limits say.
        package init() {}
    }

    let limits: Limits
    /// What it may hold in all at present.
    package var allowance = Allowance()
    var templates = TemplateTable()
    /// Open vSwitch's templates by id alone: with per-flow sampling it sends them in its first observation domain only, and uses them in all.
    var sharedTemplates = TemplateTable()
    /// Fields of all templates together.
    package internal(set) var fieldCount = 0
    var kept = KeptData()
    /// Milliseconds since 1970 at which an observation domain's system started (IE 160 in options data).
    var systemStarts: [UInt32: UInt64] = [:]
    /// The fields of the template being read; kept for its memory.
    var fieldBuffer: [TemplateField] = []
    /// The ids of the templates of IPFIX that a withdrawal of all would take, none empty.
    var withdrawable: [WithdrawalGroup: Set<UInt16>] = [:]
    /// The group of which was last found that it has none; nil once a template has come.
    var withdrawn: WithdrawalGroup?

    /// Grows whenever a template is learned, replaced or withdrawn by a datagram: `savedTemplates()` then has something new to save.
    package internal(set) var templateRevision: UInt64 = 0

    /// A session of which nothing is known yet.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Templates and options templates held.
    package var templateCount: Int { templates.count }

    /// Octets of memory that templates take, and what options data said of systems' starts.
    package internal(set) var templateBytes = 0

    /// Bytes of data sets that wait for their template, about 200 for each set included.
    package var keptBytes: Int { kept.bytes }

    /// Observation domains whose system start is remembered.
    package var systemStartCount: Int { systemStarts.count }

    /// What changes with datagrams and must be looked at after each. Mutating, so that the decoder is looked at where it lies.
    package mutating func account() -> (templateBytes: Int, keptBytes: Int, isWaiting: Bool, revision: UInt64) {
        (templateBytes, kept.bytes, !kept.isEmpty, templateRevision)
    }

    /// Whether data sets wait for their template: `expire(at:)` has something to look at.
    package var isWaiting: Bool { !kept.isEmpty }

    /// Decodes a datagram; what it holds is added to `batch`, which is not emptied.
    ///
    /// - Parameter receivedAt: from which the age of kept data counts; not used for the flows' times, which are the exporter's.
    /// - Returns: what the header said and what could not be read. Nothing is thrown: what can be read of a damaged datagram is.
    package mutating func decode(_ datagram: UnsafeRawBufferPointer, receivedAt: Timestamp, into batch: inout FlowBatch) -> DatagramSummary {
        var summary = DatagramSummary()
        let reader = unsafe ByteReader(datagram)
        switch reader.peek(UInt16.self) {
        case 5: NetFlow5.decode(reader, into: &batch, summary: &summary)
        case 9: decodeNetFlow9(reader, receivedAt: receivedAt, into: &batch, summary: &summary)
        case 10: decodeIPFIX(reader, receivedAt: receivedAt, into: &batch, summary: &summary)
        case 0 where reader.peek(UInt32.self) == 5:
            summary.exportProtocol = .sflow5
            SFlowDecoder.decode(reader, receivedAt: receivedAt, into: &batch, summary: &summary)
        case nil: summary.note(.truncated)
        default: summary.note(.unknownVersion)
        }
        return summary
    }

    /// Drops the data sets that have waited for their template for longer than `Limits.keptAge`, and says how many: each counts as
    /// `DecodeError.missingTemplate`.
    package mutating func expire(at now: Timestamp) -> Int {
        kept.expire(at: now, age: limits.keptAge)
    }

    // MARK: Messages

    private mutating func decodeNetFlow9(_ datagram: ByteReader, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var reader = datagram
        summary.exportProtocol = .netflow9
        // RFC 3954 §5.1. The count of records in the header is not needed: each set has its length.
        guard reader.skip(4), let uptime = reader.uint32(), let seconds = reader.uint32(), let sequence = reader.uint32(),
            let source = reader.uint32()
        else { return summary.note(.truncated) }
        let message = Message(
            version: 9, domain: source, sequenceNumber: sequence,
            clock: ExportClock(exportTime: Timestamp(seconds: Int64(seconds)), uptime: uptime))
        summary.observationDomain = source
        summary.sequenceNumber = sequence
        summary.exportTime = message.clock.exportTime
        summary.uptimeMilliseconds = uptime
        decodeSets(&reader, of: message, receivedAt: receivedAt, into: &batch, summary: &summary)
        // The sequence of version 9 counts datagrams, not data records.
        summary.sequenceUnits = 1
    }

    private mutating func decodeIPFIX(_ datagram: ByteReader, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var reader = datagram
        summary.exportProtocol = .ipfix
        // RFC 7011 §3.1.
        guard reader.skip(2), let length = reader.uint16(), let seconds = reader.uint32(), let sequence = reader.uint32(),
            let domain = reader.uint32()
        else { return summary.note(.truncated) }
        var clock = ExportClock(exportTime: Timestamp(seconds: Int64(seconds)), uptime: nil)
        if !systemStarts.isEmpty, let start = systemStarts[domain] { clock = clock.started(atMilliseconds: start) }
        let message = Message(version: 10, domain: domain, sequenceNumber: sequence, clock: clock)
        summary.observationDomain = domain
        summary.sequenceNumber = sequence
        summary.exportTime = clock.exportTime
        let declared = Int(length) - 16
        if declared > reader.remaining { summary.note(.truncated) }
        if declared < reader.remaining { summary.note(.malformed) }
        guard declared >= 0, var body = reader.slice(min(declared, reader.remaining)) else { return }
        decodeSets(&body, of: message, receivedAt: receivedAt, into: &batch, summary: &summary)
    }

    /// Reads sets one after the other; each step goes on by at least the four octets of a set's header.
    private mutating func decodeSets(
        _ reader: inout ByteReader, of message: Message, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary
    ) {
        let revision = templateRevision
        while let id = reader.peek(UInt16.self), let length = reader.peek(UInt16.self, at: 2) {
            guard length >= 4 else {
                // Some exporters fill the datagram up with zeros.
                if id != 0 || length != 0 || !reader.isZero { summary.note(.malformed) }
                break
            }
            if Int(length) > reader.remaining { summary.note(.truncated) }
            guard var records = reader.slice(min(Int(length), reader.remaining)) else { break }
            records.skip(4)
            if id >= 256 {
                decodeDataSet(records, template: id, of: message, receivedAt: receivedAt, into: &batch, summary: &summary)
            } else {
                decodeTemplateSet(records, id: id, of: message, into: &batch, summary: &summary)
            }
        }
        if templateRevision != revision, !kept.isEmpty { decodeKept(into: &batch, summary: &summary) }
    }
}

extension ByteReader {
    /// Whether all that is left is zero.
    fileprivate var isZero: Bool {
        var rest = self
        while let octet = rest.uint8() {
            if octet != 0 { return false }
        }
        return true
    }
}
