/// What a family's samples are.
public enum MetricType: String, Sendable {
    /// Only goes up, but for restarts.
    case counter
    case gauge
}

/// Writes metrics as text, family by family, into a buffer that is drained in pieces.
///
/// A sample belongs to the family that was begun last, so families cannot interleave; a family that was written before is left out with its samples, so that
/// what is scraped is valid whatever was registered twice.
public struct ExpositionWriter: Sendable {
    /// The form written.
    public let format: ExpositionFormat

    private var bytes: [UInt8] = []
    private var samplePrefix: [UInt8] = []
    private var createdPrefix: [UInt8] = []
    private var isCounter = false
    private var isLeftOut = true
    private var families: Set<String> = []

    /// A writer that has written nothing.
    public init(format: ExpositionFormat) {
        self.format = format
    }

    /// Octets written and not yet drained.
    public var count: Int { bytes.count }

    /// Moves what was written to the end of `output`; where that is empty, the two only change places.
    public mutating func drain(into output: inout [UInt8]) {
        if output.isEmpty {
            swap(&bytes, &output)
        } else {
            output.append(contentsOf: bytes)
        }
        bytes.removeAll(keepingCapacity: true)
    }

    /// Begins a family.
    ///
    /// - Parameters:
    ///   - name: As it is queried. A counter's ends in `_total`, which is added where it is missing; OpenMetrics' own family name goes without it.
    ///   - unit: What the name ends in before `_total`; OpenMetrics says it in a line of its own, and leaves it out where the name does not bear it out.
    public mutating func family(_ name: String, type: MetricType, help: String, unit: String? = nil) {
        isCounter = type == .counter
        let stem = isCounter && name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
        let sampleName = isCounter ? stem + "_total" : stem
        isLeftOut = !families.insert(stem).inserted
        guard !isLeftOut else { return }

        samplePrefix = Array(sampleName.utf8)
        createdPrefix = Array((stem + "_created").utf8)
        let familyName = format == .openMetrics100 ? stem : sampleName
        text("# HELP \(familyName) ")
        appendEscaped(help, quotes: format == .openMetrics100, to: &bytes)
        text("\n# TYPE \(familyName) \(type.rawValue)\n")
        if let unit, format == .openMetrics100, stem.hasSuffix("_" + unit) {
            text("# UNIT \(familyName) \(unit)\n")
        }
    }

    /// Adds a sample of the family with labels that are escaped here.
    public mutating func sample(_ labels: KeyValuePairs<String, String> = [:], value: some ExpositionValue) {
        sample(LabelText(labels), value: value)
    }

    /// Adds a sample of the family.
    public mutating func sample(_ labels: LabelText, value: some ExpositionValue) {
        guard !isLeftOut else { return }
        line(samplePrefix, labels.bytes.span, Span(), Span(), value)
    }

    /// Adds a sample of the family whose labels are put together from pieces: the way that 100,000 lines are written.
    public mutating func sample(_ first: LabelText, _ second: LabelText, _ third: LabelText = .none, value: UInt64) {
        guard !isLeftOut else { return }
        line(samplePrefix, first.bytes.span, second.bytes.span, third.bytes.span, value)
    }

    /// The same for text that lies elsewhere, say in one array for many; each piece is as `LabelText` makes it.
    public mutating func sample(labels first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8> = Span(), value: UInt64) {
        guard !isLeftOut else { return }
        line(samplePrefix, first, second, third, value)
    }

    /// Says since when the counter just written has counted, in seconds since 1970; only OpenMetrics can say it, and nothing is written else.
    public mutating func created(_ first: LabelText, _ second: LabelText = .none, _ third: LabelText = .none, seconds: Double) {
        created(labels: first.bytes.span, second.bytes.span, third.bytes.span, seconds: seconds)
    }

    /// The same for text that lies elsewhere.
    public mutating func created(labels first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8> = Span(), seconds: Double) {
        guard !isLeftOut, isCounter, format == .openMetrics100 else { return }
        line(createdPrefix, first, second, third, seconds)
    }

    /// Ends the exposition; nothing may be written after it.
    public mutating func finish() {
        isLeftOut = true
        if format == .openMetrics100 { text("# EOF\n") }
    }

    @inline(__always)
    private mutating func line(
        _ name: [UInt8], _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>, _ value: some ExpositionValue
    ) {
        bytes.append(contentsOf: name)
        let opening = bytes.count
        piece(first, after: opening)
        piece(second, after: opening)
        piece(third, after: opening)
        if bytes.count > opening { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: " "))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    @inline(__always)
    private mutating func piece(_ part: Span<UInt8>, after opening: Int) {
        guard !part.isEmpty else { return }
        bytes.append(bytes.count == opening ? UInt8(ascii: "{") : UInt8(ascii: ","))
        bytes.append(contentsOf: part)
    }

    private mutating func text(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
