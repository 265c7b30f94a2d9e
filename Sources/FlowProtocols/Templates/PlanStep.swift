/// What the octets of a field must look like for an operation.
enum FieldShape {
    /// An unsigned number of 1...8 octets (reduced-size encoding, RFC 7011 §6.2).
    case number
    /// Exactly this many octets.
    case octets(Int)
    /// Any octets: text, packet sections.
    case any

    func admits(_ width: Int) -> Bool {
        switch self {
        case .number: (1...8).contains(width)
        case .octets(let count): width == count
        case .any: true
        }
    }
}

/// What can be done with a field; each kind of step has its own list of these.
protocol PlanOperation: Equatable, Sendable {
    /// What the field must look like; one of another shape is skipped.
    var shape: FieldShape { get }
}

/// One step of a plan: where a field stands in its segment, and what is done with it.
struct PlanStep<Operation: PlanOperation>: Sendable {
    /// Octets from the segment's start to behind the field.
    let end: Int32
    /// Octets of the field.
    let width: Int32
    /// Eight bits for each octet of the field, at most 64.
    let mask: UInt64
    let operation: Operation

    init(_ operation: Operation, end: Int, width: Int) {
        self.operation = operation
        self.end = Int32(clamping: end)
        self.width = Int32(clamping: width)
        mask = width >= 8 ? .max : (1 << UInt64(8 * width)) - 1
    }

    /// The field as a number.
    @inline(__always)
    func number(_ record: RecordBytes) -> UInt64 {
        record.number(endingAt: Int(end), mask: mask)
    }

    /// The upper half of a field of 16 octets.
    @inline(__always)
    func upperHalf(_ record: RecordBytes) -> UInt64 {
        record.number(endingAt: Int(end) - 8, mask: .max)
    }

    /// The field's octets.
    @inline(__always)
    func octets(_ record: RecordBytes) -> ByteReader {
        record.reader(at: Int(end) - Int(width), count: Int(width))
    }

    /// The step for a variable-length field that has `length` octets in this record; nil where its operation cannot use that.
    @inline(__always)
    func resized(to length: Int) -> PlanStep? {
        operation.shape.admits(length) ? PlanStep(operation, end: length, width: length) : nil
    }
}
