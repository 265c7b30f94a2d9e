import FlowModel

/// What is done to every flow of one datagram; decided once for the datagram.
struct CountingPlan {
    /// When the datagram came.
    var receivedAt: Timestamp
    /// Nanoseconds to take off the exporter's times.
    var clockCorrection: Int64 = 0
    /// Octets of each packet that are not IP, beside those that the record itself tells.
    var overhead: UInt64 = 0
    /// The rate of every flow; 0: each by its own.
    var fixedRate: UInt32 = 0
    /// Where `fixedRate`, or a rate in the record, comes from.
    var source = SamplingSource.unknown
    /// Open vSwitch's IPFIX: IEs 132 and 133 say nothing, and totals are those of the whole exporter.
    var isOpenVSwitchIPFIX = false
    /// Whether marks of a dropped packet are true as configured.
    var trustsDropMarks = false

    /// A day: no flow that is counted ended longer ago, or lasted longer.
    private static let day: Int64 = 86_400_000_000_000

    /// Makes the flow's times ours: moved by the clock's offset; what has none is now. A flow that ended in the future or more than a day ago, after
    /// that, ends now, as long as it was; none lasts longer than a day. So a wrong clock can neither reach into the future nor rewrite the past.
    @inline(__always)
    func correctTimes(of flow: inout Flow) {
        if flow.end == .unknown {
            guard flow.start != .unknown else {
                flow.start = receivedAt
                flow.end = receivedAt
                return
            }
            flow.end = flow.start
        } else if flow.start == .unknown {
            flow.start = flow.end
        }
        // A difference that cannot be held wraps to where the comparison takes it for none.
        let duration = min(max(flow.end.since(flow.start), 0), Self.day)
        flow.end = flow.end.advanced(by: 0 &- clockCorrection)
        let age = receivedAt.since(flow.end)
        if age < 0 || age > Self.day { flow.end = receivedAt }
        flow.start = flow.end.advanced(by: 0 &- duration)
    }

    /// Takes off what is not IP, and decides what was dropped. Counts stay as sampled.
    @inline(__always)
    func correctCounts(of flow: inout Flow, seen: inout Corrections) {
        let overhead = self.overhead &+ UInt64(flow.overhead)
        if overhead != 0 {
            let packets = flow.traits.contains(.discardNotification) ? 1 : flow.packets
            flow.bytes = Self.less(overhead, packets: packets, of: flow.bytes)
            flow.droppedBytes = Self.less(overhead, packets: flow.droppedPackets, of: flow.droppedBytes)
            if self.overhead == 0 { seen.insert(.packetOverhead) }
            flow.overhead = 0
        }
        if flow.traits.contains(.discardNotification) {
            flow.droppedBytes = flow.bytes
            flow.droppedPackets = 1
            flow.bytes = 0
            flow.packets = 0
            if flow.dropReason == .none { flow.dropReason = .unspecified }
            return
        }
        if isOpenVSwitchIPFIX {
            if flow.droppedPackets | flow.droppedBytes != 0 { seen.insert(.dropCountsIgnored) }
            flow.droppedPackets = 0
            flow.droppedBytes = 0
        }
        // RFC 7270 §4.12: the two upper bits 10 are "dropped".
        if flow.forwardingStatus >> 6 == 2 {
            flow.droppedPackets = flow.packets
            flow.droppedBytes = flow.bytes
            flow.dropReason = .forwardingStatus(flow.forwardingStatus)
        } else if flow.traits.contains(.outputDropped) {
            if trustsDropMarks || flow.exportProtocol == .sflow5 && flow.dropReason != .none && flow.dropReason != .sFlow(256) {
                flow.droppedPackets = flow.packets
                flow.droppedBytes = flow.bytes
                if flow.dropReason == .none { flow.dropReason = .unspecified }
            } else {
                seen.insert(.dropMarksIgnored)
                flow.droppedPackets = 0
                flow.droppedBytes = 0
            }
        }
        if flow.droppedPackets | flow.droppedBytes == 0 {
            flow.dropReason = .none
        } else if flow.dropReason == .none {
            flow.dropReason = .unspecified
        }
    }

    @inline(__always)
    private static func less(_ overhead: UInt64, packets: UInt64, of bytes: UInt64) -> UInt64 {
        let (taken, overflow) = overhead.multipliedReportingOverflow(by: packets)
        return overflow || taken > bytes ? 0 : bytes - taken
    }
}

extension Flow {
    /// Estimates the real traffic: counts times the rate, at most `UInt64.max`. `samplingRate` is the rate applied afterwards. A rate of 0 is none.
    @inline(__always)
    mutating func scale(by rate: UInt32) {
        samplingRate = max(rate, 1)
        guard rate > 1 else { return }
        let factor = UInt64(rate)
        bytes = Self.product(bytes, factor)
        packets = Self.product(packets, factor)
        droppedBytes = Self.product(droppedBytes, factor)
        droppedPackets = Self.product(droppedPackets, factor)
    }

    @inline(__always)
    private static func product(_ count: UInt64, _ factor: UInt64) -> UInt64 {
        let (value, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? .max : value
    }
}
