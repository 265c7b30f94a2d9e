/// What is watched for, and what is said of it then. Keys: `rules[]`, and the files of `rules_files`.
package struct Rule: Sendable, Equatable {
    /// What a rule looks for; docs/alerting.md says what each computes.
    package enum Kind: String, Sendable, CaseIterable {
        case spike
        case silence
        case drops
        case congestion
        case unexpected
        case scan
        case connectionFailures = "connection_failures"
        case threshold
        case exporter
    }

    /// What is measured.
    package enum Quantity: String, Sendable, CaseIterable {
        case bytes
        case packets
        case records
        case droppedPackets = "dropped_packets"
        case tcpSYNRecords = "tcp_syn_records"
        case tcpResetRecords = "tcp_reset_records"
        case ecnMarkedPackets = "ecn_marked_packets"
    }

    /// A label that tells a rule's series apart.
    package enum SeriesLabel: String, Sendable, CaseIterable {
        case sourceNamespace = "source_namespace"
        case sourceWorkload = "source_workload"
        case destinationNamespace = "destination_namespace"
        case destinationWorkload = "destination_workload"
    }

    /// How bad it is.
    package enum Severity: String, Sendable, CaseIterable {
        case critical
        case warning
        case info
    }

    /// Which detector judges a series.
    package enum Detector: String, Sendable, CaseIterable {
        case tail
        case record
        case both
    }

    /// Its name, which is the alert's. Key: `alert`.
    package var name: String
    package var kind: Kind
    /// Key: `of`.
    package var quantity = Quantity.bytes
    /// Key: `by`.
    package var by: [SeriesLabel] = [.sourceNamespace, .destinationNamespace]
    /// How long it must hold before it fires, nanoseconds. Key: `for`.
    package var pendingTime: Int64 = 0
    /// How long it goes on firing when it no longer holds, nanoseconds. Key: `keep_firing_for`.
    package var keepFiringTime: Int64 = 0
    package var severity = Severity.warning
    /// Added to the alert's labels; values may be templates.
    package var labels: [String: String] = [:]
    /// Of the alert; values may be templates.
    package var annotations: [String: String] = [:]
    /// Which detector judges, for spike and silence.
    package var detector = Detector.tail

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
