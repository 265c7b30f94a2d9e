/// What one datagram decoded to. Reused from datagram to datagram: `removeAll()` keeps its memory.
public struct FlowBatch: Sendable {
    /// The flows, in the order of their records.
    public var flows: [Flow] = []
    /// Beside each flow its detail; empty unless `wantsDetail`.
    public var details: [FlowDetail] = []
    /// Names that records carried; sparse, in ascending order of `flow`.
    public var claimedNames: [ClaimedNames] = []
    /// Interface counters that the datagram carried.
    public var interfaceCounters: [InterfaceCounters] = []
    /// What the exporter said about itself.
    public var facts: [ExporterFact] = []
    /// Whether decoders fill `details`.
    public let wantsDetail: Bool

    /// An empty batch.
    public init(wantsDetail: Bool = false) {
        self.wantsDetail = wantsDetail
        flows.reserveCapacity(64)
    }

    /// Empties the batch for the next datagram; its memory stays, unless an unusual datagram made it large.
    @inlinable
    public mutating func removeAll() {
        flows.removeAll(keepingCapacity: flows.capacity <= 8192)
        if !details.isEmpty { details.removeAll(keepingCapacity: true) }
        if !claimedNames.isEmpty { claimedNames.removeAll(keepingCapacity: true) }
        if !interfaceCounters.isEmpty { interfaceCounters.removeAll(keepingCapacity: true) }
        if !facts.isEmpty { facts.removeAll(keepingCapacity: true) }
    }
}

/// What an exporter says about itself beside its flows: options data, and what its templates show.
public enum ExporterFact: Sendable, Equatable {
    /// A sampling rate (packets observed for each packet sampled, at least 1) for an observation domain; `sampler` nil: for all of the domain.
    case samplingRate(domain: UInt32, sampler: UInt32?, rate: UInt32)
    /// The domain has referred to a sampling rate that options data must tell: IE 48 or 302 in a data template, or an options template that carries rates.
    case samplingExpected(domain: UInt32)
    /// An interface's name (IE 82; sFlow port name).
    case interfaceName(domain: UInt32, index: UInt32, name: String)
    /// IE 36 `flowActiveTimeout`, seconds.
    case activeTimeout(domain: UInt32, seconds: UInt32)
    /// A template was learned or replaced; `traits` is what its elements show of the exporter.
    case template(domain: UInt32, id: UInt16, traits: TemplateTraits)
}

/// What a template's elements show of the exporter that sent it.
public struct TemplateTraits: OptionSet, Sendable {
    /// One bit for each trait.
    public let rawValue: UInt16

    /// As it stands in `rawValue`.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Open vSwitch: the element set that only it sends (IEs 354–358 beside 352, 353 and 138).
    @inlinable public static var openVSwitch: TemplateTraits { TemplateTraits(rawValue: 1 << 0) }
    /// Antrea's elements (PEN 56506).
    @inlinable public static var antrea: TemplateTraits { TemplateTraits(rawValue: 1 << 1) }
    /// Refers to a sampler (IE 48 or 302) without giving its rate.
    @inlinable public static var sampler: TemplateTraits { TemplateTraits(rawValue: 1 << 2) }
    /// An options template.
    @inlinable public static var options: TemplateTraits { TemplateTraits(rawValue: 1 << 3) }
    /// Reverse elements (RFC 5103).
    @inlinable public static var biflow: TemplateTraits { TemplateTraits(rawValue: 1 << 4) }
    /// VMware's tunnel elements (PEN 6876).
    @inlinable public static var vmwareTunnel: TemplateTraits { TemplateTraits(rawValue: 1 << 5) }
}
