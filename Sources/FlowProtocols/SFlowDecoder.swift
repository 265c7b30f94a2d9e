import FlowModel

/// sFlow version 5 (sflow.org/sflow_version_5.txt).
package enum SFlowDecoder {
    /// Decodes one datagram, whose reader stands before the version field.
    package static func decode(_ datagram: ByteReader, receivedAt: Timestamp, into batch: inout FlowBatch, summary: inout DatagramSummary) {
    }
}
