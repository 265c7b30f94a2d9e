import FlowModel

/// A template, compiled once into what is done with each record of it. Never changed: a changed template is compiled anew.
final class TemplatePlan: Sendable {
    /// The template as it was sent.
    let template: SavedTemplates.Template
    /// What its elements show of the exporter.
    let traits: TemplateTraits
    /// A stretch of the record with fields in fixed places, or one variable-length field; one segment of the first kind where all is fixed.
    struct Segment: Sendable {
        /// Octets; nil for a variable-length field, whose steps expect to be resized.
        var length: Int?
        var flow: Range<Int>
        var reverse: Range<Int>
        var detail: Range<Int>
        var rare: Range<Int>
    }

    let segments: [Segment]
    let flowSteps: [FlowStep]
    let reverseSteps: [FlowStep]
    let detailSteps: [DetailStep]
    let rareSteps: [RareStep]
    /// Octets of the shortest record, at least 1.
    let minimumLength: Int
    /// Whether all records have `minimumLength` octets.
    let isFixed: Bool
    /// What is known of each flow before its record is read: traits, and the EtherType that the addresses' family implies.
    let flowTraits: Flow.Traits
    let etherType: UInt16
    /// Traits of the second flow of a biflow.
    let reverseTraits: Flow.Traits
    /// Whether the record has addresses of both families, of which one is zero.
    let isHybrid: Bool
    /// Whether counts stand beside a packet section, which then are used.
    let hasCounts: Bool
    /// Whether the record says its protocol.
    let hasProtocol: Bool
    /// Whether the flow steps alone make the flow.
    let isPlain: Bool
    /// Whether options data of this template tells sampling rates.
    let carriesRates: Bool

    var isOptions: Bool { template.scopeCount != nil }

    /// What the exporter has said of itself by sending this template.
    var facts: [ExporterFact] {
        let expectsRate = traits.contains(.sampler) || isOptions && carriesRates
        let fact = ExporterFact.template(domain: template.domain, id: template.id, traits: traits)
        return expectsRate ? [fact, .samplingExpected(domain: template.domain)] : [fact]
    }

    /// Compiles a template whose shortest record has `minimumLength` octets.
    init(_ template: SavedTemplates.Template, minimumLength: Int) {
        let builder = PlanBuilder(template)
        self.template = template
        self.minimumLength = minimumLength
        traits = builder.traits
        segments = builder.segments
        flowSteps = builder.flowSteps
        reverseSteps = builder.reverseSteps
        detailSteps = builder.detailSteps
        rareSteps = builder.rareSteps
        isFixed = !template.fields.contains { $0.isVariable }
        flowTraits = builder.flowTraits
        reverseTraits = builder.reverseTraits
        etherType = builder.etherType
        isHybrid = builder.isHybrid
        hasCounts = builder.flowSteps.contains { $0.operation == .packets || $0.operation == .bytes }
        hasProtocol = builder.flowSteps.contains { $0.operation == .protocolNumber }
        isPlain = builder.reverseSteps.isEmpty && builder.rareSteps.isEmpty && !builder.isHybrid
        carriesRates = template.fields.contains { $0.enterprise == 0 && [34, 50, 305, 309].contains($0.element) }
    }

    /// The length of a template's shortest record, and whether it is a template at all (RFC 7011 §3.4.1): some octets, and not more than a message holds.
    static func minimumLength(of fields: [TemplateField]) throws(DecodeError) -> Int {
        let length = fields.reduce(0) { $0 + ($1.isVariable ? 1 : Int($1.length)) }
        guard length > 0 else { throw fields.isEmpty ? .badTemplate : .zeroLengthTemplate }
        guard length <= 65535 else { throw .badTemplate }
        return length
    }

    /// Octets of memory that holding it takes, its place in the tables included.
    var heldBytes: Int {
        func octets<Element>(_ array: [Element]) -> Int { 32 + array.count * MemoryLayout<Element>.stride }
        return 512 + octets(template.fields) + octets(segments) + octets(flowSteps) + octets(reverseSteps) + octets(detailSteps) + octets(rareSteps)
    }
}
