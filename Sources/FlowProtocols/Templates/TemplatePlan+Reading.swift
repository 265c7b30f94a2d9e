import FlowModel

extension TemplatePlan {
    /// The octets of a record's next segment, and the length of a variable-length field; nil where the record ends too early.
    @inline(__always)
    static func octets(of segment: Segment, _ reader: inout ByteReader) -> (RecordBytes, variable: Int?)? {
        let variable = segment.length == nil ? reader.variableLength() : nil
        guard let length = segment.length ?? variable, let octets = reader.records(length) else { return nil }
        return (octets, variable)
    }

    /// A step as it is in this record; nil where the field's length cannot be used.
    @inline(__always)
    static func sized<Operation>(_ step: PlanStep<Operation>, _ variable: Int?) -> PlanStep<Operation>? {
        guard let variable else { return step }
        return step.resized(to: variable)
    }

    /// Reads one record for its rare steps; false where it ends too early.
    func readRare(_ reader: inout ByteReader, into values: inout RareValues) -> Bool {
        for segment in segments {
            guard let (octets, variable) = Self.octets(of: segment, &reader) else { return false }
            for index in segment.rare { Self.sized(rareSteps[index], variable)?.apply(octets, to: &values) }
        }
        return true
    }

    /// Reads one record for its detail steps; false where it ends too early.
    func readDetail(_ reader: inout ByteReader, into detail: inout FlowDetail) -> Bool {
        for segment in segments {
            guard let (octets, variable) = Self.octets(of: segment, &reader) else { return false }
            for index in segment.detail { Self.sized(detailSteps[index], variable)?.apply(octets, to: &detail) }
        }
        return true
    }
}
