import FlowModel

/// An export datagram of a capture, to be sent again.
package struct ReplayDatagram: Sendable, Equatable {
    /// When it was captured.
    package var time: Timestamp
    /// The exporter's address and port in the capture.
    package var source: IPAddress
    package var sourcePort: UInt16
    package var payload: [UInt8]

    package init(time: Timestamp, source: IPAddress, sourcePort: UInt16, payload: [UInt8]) {
        self.time = time
        self.source = source
        self.sourcePort = sourcePort
        self.payload = payload
    }
}
