import FlowModel

/// What stands before the records of a flow sample, in any of its three forms.
struct SFlowSampleHeader {
    /// Class of the data source: 0 for an interface, 1 for a VLAN, 2 for a physical entity.
    let sourceClass: UInt32
    /// The data source's index in its class: an ifIndex, for one.
    let sourceIndex: UInt32
    /// Packets observed for each packet sampled, as sent.
    let samplingRate: UInt32
    /// Input interface: its format in the upper two bits, its value below.
    let input: UInt32
    /// Output interface: its format in the upper two bits, its value below.
    let output: UInt32
    /// Why the packet was discarded, where the sample is a notification of that.
    let discardReason: UInt32?

    /// `flow_sample` (format 1); nil where it is cut off.
    init?(compact reader: inout ByteReader) {
        guard reader.skip(4), let source = reader.uint32(), let rate = reader.uint32(), reader.skip(8), let input = reader.uint32(),
            let output = reader.uint32()
        else { return nil }
        sourceClass = source >> 24
        sourceIndex = source & 0xFF_FFFF
        samplingRate = rate
        self.input = input
        self.output = output
        discardReason = nil
    }

    /// `flow_sample_expanded` (format 3); nil where it is cut off.
    init?(expanded reader: inout ByteReader) {
        guard reader.skip(4), let sourceClass = reader.uint32(), let sourceIndex = reader.uint32(), let rate = reader.uint32(), reader.skip(8),
            let inputFormat = reader.uint32(), let input = reader.uint32(), let outputFormat = reader.uint32(), let output = reader.uint32()
        else { return nil }
        self.sourceClass = sourceClass
        self.sourceIndex = sourceIndex
        samplingRate = rate
        self.input = Self.interface(format: inputFormat, value: input)
        self.output = Self.interface(format: outputFormat, value: output)
        discardReason = nil
    }

    /// `discarded_packet` (format 5, sflow.org/sflow_drops.txt); nil where it is cut off.
    init?(discarded reader: inout ByteReader) {
        guard reader.skip(4), let sourceClass = reader.uint32(), let sourceIndex = reader.uint32(), reader.skip(4), let input = reader.uint32(),
            let output = reader.uint32(), let reason = reader.uint32()
        else { return nil }
        self.sourceClass = sourceClass
        self.sourceIndex = sourceIndex
        samplingRate = 1
        self.input = Self.interface(format: 0, value: input)
        self.output = Self.interface(format: 0, value: output)
        discardReason = reason
    }

    /// Puts what the header says into `flow`.
    func fill(_ flow: inout Flow) {
        flow.samplingRate = max(samplingRate, 1)
        flow.inputInterface = input
        flow.outputInterface = output
        flow.direction = direction
        if let discardReason {
            flow.traits.insert(.discardNotification)
            flow.dropReason = .sFlow(discardReason)
            return
        }
        switch output >> 30 {
        case 1:
            flow.traits.insert(.outputDropped)
            flow.dropReason = .sFlow(output & Self.valueMask)
        case 2: flow.traits.insert(.outputMultiple)
        default: break
        }
    }

    /// A data source that is one of the packet's interfaces samples what enters or what leaves there; where it is both, or neither, nobody knows.
    private var direction: Flow.Direction {
        guard sourceClass == 0, input != output else { return .unknown }
        if sourceIndex == input { return .ingress }
        return sourceIndex == output ? .egress : .unknown
    }

    /// The compact form's spelling of an expanded interface; a value too large for it becomes the largest, which means "unknown".
    private static func interface(format: UInt32, value: UInt32) -> UInt32 {
        (format & 3) << 30 | min(value, valueMask)
    }

    private static let valueMask: UInt32 = 0x3FFF_FFFF
}
