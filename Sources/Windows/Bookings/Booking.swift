import FlowModel
import Identity

/// A flow as counted, as much of it as `Windows` keeps, with whose it was.
package struct Booking: Sendable, BitwiseCopyable {
    package var source: IPAddress
    package var destination: IPAddress
    /// Between which endpoints.
    package var pair: PairOfEnds
    /// IP bytes.
    package var bytes: UInt64
    package var packets: UInt64
    package var end: Timestamp
    /// From its first packet to its last one, milliseconds.
    package var duration: UInt32
    package var droppedPackets: UInt32
    /// As applied.
    package var samplingRate: UInt32
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var exporter: ExporterNumber
    package var protocolNumber: UInt8
    package var typeOfService: UInt8
    package var tcpFlags: UInt8
    package var facts: Facts
    package var exportProtocol: ExportProtocol
    /// Why packets were dropped, where some were.
    package var dropReason: DropReason

    package struct Facts: OptionSet, Sendable, BitwiseCopyable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// A record of a flow whose packets were all looked at.
        package static let isUnsampled = Facts(rawValue: 1 << 0)
        /// The record says which TCP flags there were.
        package static let hasTCPFlags = Facts(rawValue: 1 << 1)
        /// It tells only of what was discarded.
        package static let isDiscard = Facts(rawValue: 1 << 2)

        @inline(__always)
        init(_ flow: borrowing Flow, isSampled: Bool) {
            self = []
            if !isSampled, flow.samplingRate <= 1, !flow.traits.contains(.packetSample) { insert(.isUnsampled) }
            if flow.traits.contains(.hasTCPFlags) { insert(.hasTCPFlags) }
            if flow.traits.contains(.discardNotification) { insert(.isDiscard) }
        }
    }

    /// The way a flow is booked.
    ///
    /// - Parameter isSampled: whether the exporter looks at some packets only, though its records don't say so.
    @inline(__always)
    init(_ flow: borrowing Flow, _ ends: PairOfEnds, exporter: ExporterNumber, isSampled: Bool) {
        self.source = flow.source
        self.destination = flow.destination
        pair = ends
        bytes = flow.bytes
        packets = flow.packets
        end = flow.end
        duration = Self.milliseconds(flow)
        droppedPackets = flow.dropReason == .none ? 0 : UInt32(clamping: flow.droppedPackets)
        dropReason = flow.dropReason
        samplingRate = flow.samplingRate
        sourcePort = flow.sourcePort
        destinationPort = flow.destinationPort
        self.exporter = exporter
        protocolNumber = flow.protocolNumber
        typeOfService = flow.typeOfService
        tcpFlags = UInt8(truncatingIfNeeded: flow.tcpFlags.rawValue)
        exportProtocol = flow.exportProtocol
        facts = Facts(flow, isSampled: isSampled)
    }

    /// More than that no flow carries; sums of it stay far from overflowing.
    private static let most: UInt64 = 1 << 50

    static let syn: UInt8 = 0x02
    static let rst: UInt8 = 0x04
    static let ack: UInt8 = 0x10

    /// Bytes or packets, as they are added up.
    @inline(__always)
    static func amount(_ count: UInt64) -> Int64 { Int64(truncatingIfNeeded: min(count, most)) }

    /// From a flow's first packet to its last one, milliseconds.
    @inline(__always)
    private static func milliseconds(_ flow: borrowing Flow) -> UInt32 { UInt32(clamping: flow.end.since(flow.start) / 1_000_000) }

    /// From a flow's first packet to its last one, nanoseconds.
    @inline(__always)
    static func duration(_ flow: borrowing Flow) -> Int64 { max(0, flow.end.since(flow.start)) }

    /// What it adds to what flowed.
    var amounts: Amounts {
        var amounts = amounts(
            Volume(bytes: Self.amount(bytes), packets: Self.amount(packets), records: facts.contains(.isDiscard) ? 0 : 1))
        amounts.droppedPackets = Int64(droppedPackets)
        return amounts
    }

    /// What flows with its marks add to what flowed, which drop nothing.
    func amounts(_ volume: Volume) -> Amounts {
        var amounts = Amounts()
        amounts.bytes = volume.bytes
        amounts.packets = volume.packets
        amounts.records = volume.records
        let marks = marks
        if marks.isEmpty { return amounts }
        if marks.contains(.ecn) { amounts.ecnMarkedPackets = volume.packets }
        if marks.contains(.syn) { amounts.synRecords = volume.records }
        if marks.contains(.reset) { amounts.resetRecords = volume.records }
        if marks.contains(.unanswered) { amounts.unansweredRecords = volume.records }
        return amounts
    }

    /// What else than bytes, packets and records it counts in.
    struct Marks: OptionSet, Hashable, Sendable, BitwiseCopyable {
        let rawValue: UInt8

        static let ecn = Marks(rawValue: 1 << 0)
        static let syn = Marks(rawValue: 1 << 1)
        static let reset = Marks(rawValue: 1 << 2)
        static let unanswered = Marks(rawValue: 1 << 3)
    }

    var marks: Marks {
        var marks = Marks()
        if typeOfService & 3 == 3 { marks.insert(.ecn) }
        // Without SYN a reset may be that of a server to its client, which would stand against the client.
        if protocolNumber == 6, tcpFlags & Self.syn != 0, facts.contains(.isUnsampled), !facts.contains(.isDiscard) {
            marks.insert(.syn)
            if tcpFlags & Self.rst != 0 { marks.insert(.reset) }
            if isUnanswered { marks.insert(.unanswered) }
        }
        return marks
    }

    /// Whether it is a connection's beginning that got no answer while the record was open. A refused one is among them: the client sends no ACK then.
    var isUnanswered: Bool { facts.contains(.isUnsampled) && protocolNumber == 6 && tcpFlags & (Self.syn | Self.ack) == Self.syn }

    /// As people are shown it.
    var kept: KeptFlow {
        var flow = Flow()
        flow.source = source
        flow.destination = destination
        flow.bytes = bytes
        flow.packets = packets
        flow.start = end.advanced(by: -Int64(duration) * 1_000_000)
        flow.end = end
        flow.sourcePort = sourcePort
        flow.destinationPort = destinationPort
        flow.protocolNumber = protocolNumber
        flow.typeOfService = typeOfService
        flow.tcpFlags = TCPFlags(rawValue: UInt16(tcpFlags))
        flow.exportProtocol = exportProtocol
        return KeptFlow(flow, source: pair.source, destination: pair.destination, exporter: .unspecified)
    }
}
