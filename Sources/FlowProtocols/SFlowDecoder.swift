import FlowModel

/// sFlow version 5 (sflow.org/sflow_version_5.txt).
package enum SFlowDecoder {
    /// Decodes one datagram, whose reader stands before the version field.
    ///
    /// Each sampled packet becomes a flow of one packet; interface counters and port names go to the batch's own lists. What is not known is skipped by its length.
    package static func decode(_ datagram: ByteReader, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var reader = datagram
        guard let version = reader.uint32() else { return summary.note(.truncated) }
        guard version == 5 else { return summary.note(.unknownVersion) }
        summary.exportProtocol = .sflow5
        guard let agent = reader.sFlowAddress() else { return summary.note(.malformed) }
        guard let subAgent = reader.uint32(), let sequence = reader.uint32(), let uptime = reader.uint32(), let count = reader.uint32() else {
            return summary.note(.truncated)
        }
        summary.agentAddress = agent.isUnspecified ? nil : agent
        summary.observationDomain = subAgent
        summary.sequenceNumber = sequence
        summary.sequenceUnits = 1
        summary.uptimeMilliseconds = uptime

        for _ in 0..<count {
            guard let (format, sample) = reader.sFlowItem() else { return summary.note(.truncated) }
            decodeSample(sample, format: format, receivedAt: receivedAt, into: &batch, summary: &summary)
        }
    }

    private static func decodeSample(
        _ sample: ByteReader, format: UInt32, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary
    ) {
        var reader = sample
        let header: SFlowSampleHeader?
        switch format {
        case 1: header = SFlowSampleHeader(compact: &reader)
        case 3: header = SFlowSampleHeader(expanded: &reader)
        case 5: header = SFlowSampleHeader(discarded: &reader)
        case 2, 4: return decodeCounters(reader, isExpanded: format == 4, into: &batch, summary: &summary)
        default: return
        }
        guard let header else { return summary.note(.truncated) }
        decodePacket(reader, header: header, receivedAt: receivedAt, into: &batch, summary: &summary)
    }
}

extension ByteReader {
    /// The next address (`union address`); `.unspecified` for the type "unknown", nil where it is of another type or cut off.
    mutating func sFlowAddress() -> IPAddress? {
        switch uint32() {
        case 0: return .unspecified
        case 1: return uint32().map(IPAddress.init(v4:))
        case 2: return sFlowIPv6Address()
        default: return nil
        }
    }

    /// The next 16 octets as an address; nil where there are fewer.
    mutating func sFlowIPv6Address() -> IPAddress? {
        guard let high = uint64(), let low = uint64() else { return nil }
        return IPAddress(high: high, low: low)
    }

    /// The next sample or record: its data format (enterprise in the upper 20 bits) and its octets. Nil where it claims more than there is.
    mutating func sFlowItem() -> (format: UInt32, body: ByteReader)? {
        guard let format = uint32(), let length = uint32(), let body = slice(Int(length)) else { return nil }
        // XDR pads opaque data to four octets (RFC 4506 §4.10); the last padding may be missing.
        skip(min(-Int(length) & 3, remaining))
        return (format, body)
    }
}
