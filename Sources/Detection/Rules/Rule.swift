/// What is watched for, and what is said of it then. Keys: `rules[]`, and the files of `rules_files`; docs/rules.md has them all.
package struct Rule: Sendable, Equatable {
    /// What a rule looks for; docs/rules.md says what each computes.
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
    /// What it looks for, and the numbers for it. Key: `kind`, and the keys of that kind.
    package var settings: Settings
    /// Key: `of`; of spike, silence and threshold.
    package var quantity = Quantity.bytes
    /// Key: `by`; of kinds that look at traffic.
    package var by: [SeriesLabel]
    /// The traffic it looks at. Key: `where`.
    package var filter = TrafficFilter()
    /// How long it must hold before it fires, nanoseconds. Key: `for`.
    package var pendingTime: Int64
    /// How long it goes on firing when it no longer holds, nanoseconds. Key: `keep_firing_for`.
    package var keepFiringTime: Int64
    package var severity: Severity
    /// Added to the alert's labels; values may be templates.
    package var labels: [String: String] = [:]
    /// Of the alert; values may be templates.
    package var annotations: [String: String] = [:]
    /// Which detector judges, for spike and silence.
    package var detector = Detector.tail

    /// A rule of a kind, with that kind's defaults.
    package init(name: String, kind: Kind) {
        self.name = name
        settings = Settings(kind)
        by = Self.defaultBy(kind)
        pendingTime = 0
        keepFiringTime = Self.defaultKeepFiringTime(kind)
        severity = Self.defaultSeverity(kind)
    }

    package var kind: Kind { settings.kind }

    private static let minute: Int64 = 60_000_000_000

    /// Where somebody has to look at two ends to understand it, workloads; else namespaces, of which there are few.
    static func defaultBy(_ kind: Kind) -> [SeriesLabel] {
        switch kind {
        case .spike, .silence, .threshold: [.sourceNamespace, .destinationNamespace]
        case .drops, .congestion: SeriesLabel.allCases
        case .connectionFailures: [.destinationNamespace, .destinationWorkload]
        case .unexpected, .scan, .exporter: []
        }
    }

    /// Spike and silence have a hysteresis of their own; an unexpected edge and a scan are told of once. What compares with a number could else flap.
    static func defaultKeepFiringTime(_ kind: Kind) -> Int64 {
        switch kind {
        case .spike, .silence, .unexpected: 0
        case .drops, .congestion, .connectionFailures, .threshold, .exporter, .scan: 5 * minute
        }
    }

    static func defaultSeverity(_ kind: Kind) -> Severity {
        switch kind {
        case .spike, .drops, .congestion, .threshold, .exporter: .warning
        case .silence, .unexpected, .scan, .connectionFailures: .info
        }
    }
}
