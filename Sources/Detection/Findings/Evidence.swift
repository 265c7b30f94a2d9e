import FlowModel
import Windows

/// What an alert has to show: taken when it fires, by names that still mean the same when the pods are gone.
package struct Evidence: Sendable, Codable, Equatable {
    /// Traffic between two pods.
    package struct PodPair: Sendable, Codable, Equatable {
        package var sourceNamespace: String
        package var sourcePod: String
        package var destinationNamespace: String
        package var destinationPod: String
        /// `tcp`, `udp`, …, or the number.
        package var transport: String
        /// The service's port; 0 where there is none.
        package var port: UInt16
        /// IP bytes, in the window of the evidence.
        package var bytes: Int64
        package var packets: Int64
        /// Of the change against the window before, 0 to 1; nil where that window is not known.
        package var shareOfChange: Double?

        package init(
            sourceNamespace: String, sourcePod: String, destinationNamespace: String, destinationPod: String, transport: String, port: UInt16,
            bytes: Int64,
            packets: Int64, shareOfChange: Double?
        ) {
            self.sourceNamespace = sourceNamespace
            self.sourcePod = sourcePod
            self.destinationNamespace = destinationNamespace
            self.destinationPod = destinationPod
            self.transport = transport
            self.port = port
            self.bytes = bytes
            self.packets = packets
            self.shareOfChange = shareOfChange
        }
    }

    /// A flow, with its raw addresses.
    package struct HeavyFlow: Sendable, Codable, Equatable {
        package var source: String
        package var sourcePort: UInt16
        package var destination: String
        package var destinationPort: UInt16
        package var transport: String
        package var bytes: UInt64
        package var packets: UInt64
        /// Seconds since 1970.
        package var start: Double
        package var end: Double
        /// Whose record it is.
        package var exporter: String

        package init(
            source: String, sourcePort: UInt16, destination: String, destinationPort: UInt16, transport: String, bytes: UInt64, packets: UInt64,
            start: Double,
            end: Double, exporter: String
        ) {
            self.source = source
            self.sourcePort = sourcePort
            self.destination = destination
            self.destinationPort = destinationPort
            self.transport = transport
            self.bytes = bytes
            self.packets = packets
            self.start = start
            self.end = end
            self.exporter = exporter
        }
    }

    package var measure: Finding.Measure
    /// The rule in words, with its numbers.
    package var words: String
    /// Further lines.
    package var details: [String]
    /// The top ten, heaviest first.
    package var pairs: [PodPair] = []
    /// The heaviest, heaviest first.
    package var flows: [HeavyFlow] = []
    /// The exporters that saw it.
    package var exporters: [String] = []
    /// The series around the time, oldest first, a tick each; and what was expected.
    package var history: [Double]
    package var expectedHistory: [Double]
    /// When the last of `history` ended, seconds since 1970.
    package var historyEnd: Double

    /// What the rule itself knows.
    package init(_ finding: Finding, at time: Timestamp) {
        measure = finding.measure
        words = finding.words
        details = finding.details
        history = finding.history
        expectedHistory = finding.expectedHistory
        historyEnd = time.seconds
    }
}
