extension Rule {
    /// The numbers of a kind; the defaults are right for most clusters.
    package enum Settings: Sendable, Equatable {
        case spike(ChangeSettings)
        case silence(ChangeSettings)
        case drops(DropsSettings)
        case congestion(CongestionSettings)
        case unexpected(UnexpectedSettings)
        case scan(ScanSettings)
        case connectionFailures(ConnectionFailuresSettings)
        case threshold(ThresholdSettings)
        case exporter(ExporterSettings)

        /// The defaults of a kind.
        package init(_ kind: Kind) {
            self =
                switch kind {
                case .spike: .spike(ChangeSettings())
                case .silence: .silence(ChangeSettings())
                case .drops: .drops(DropsSettings())
                case .congestion: .congestion(CongestionSettings())
                case .unexpected: .unexpected(UnexpectedSettings())
                case .scan: .scan(ScanSettings())
                case .connectionFailures: .connectionFailures(ConnectionFailuresSettings())
                case .threshold: .threshold(ThresholdSettings())
                case .exporter: .exporter(ExporterSettings(.silent))
                }
        }

        package var kind: Kind {
            switch self {
            case .spike: .spike
            case .silence: .silence
            case .drops: .drops
            case .congestion: .congestion
            case .unexpected: .unexpected
            case .scan: .scan
            case .connectionFailures: .connectionFailures
            case .threshold: .threshold
            case .exporter: .exporter
            }
        }

        /// Over how long it looks, nanoseconds; nil where the kind has a memory of its own.
        package var window: Int64? {
            switch self {
            case .spike, .silence, .unexpected, .scan: nil
            case .drops(let settings): settings.window
            case .congestion(let settings): settings.window
            case .connectionFailures(let settings): settings.window
            case .threshold(let settings): settings.window
            case .exporter(let settings): settings.problem == .silent ? settings.after : settings.window
            }
        }
    }

    /// Of spike and silence.
    package struct ChangeSettings: Sendable, Equatable {
        /// A second: below it nothing is a spike, and what is expected to be below it cannot fall silent; nil: the quantity's own. Key: `floor`.
        package var floor: Double?
        /// Key: `sensitivity`.
        package var sensitivity = DetectionThreshold.Sensitivity.medium

        package init() {}
    }

    /// Of drops.
    package struct DropsSettings: Sendable, Equatable {
        /// The part of the packets that was dropped, 0 to 1. Key: `share`.
        package var share = 0.01
        /// The part of an interface's packets that was discarded or had errors, 0 to 1. Key: `interface_share`.
        package var interfaceShare = 0.001
        /// Dropped packets a second without which a share means nothing. Key: `minimum`.
        package var minimum = 1.0
        /// Key: `window`; nanoseconds.
        package var window: Int64 = 60_000_000_000

        package init() {}
    }

    /// Of congestion.
    package struct CongestionSettings: Sendable, Equatable {
        /// Of a physical interface's speed, 0 to 1. Key: `utilisation`.
        package var utilisation = 0.9
        /// The part of a physical interface's packets that was discarded, 0 to 1. Key: `discards`.
        package var discards = 0.001
        /// The part of the packets that was marked "congestion experienced", 0 to 1. Key: `ecn_share`.
        package var ecnShare = 0.05
        /// The part of the packets that one node sent and the other did not receive, 0 to 1. Key: `node_loss`.
        package var nodeLoss = 0.01
        /// Packets a second without which a share means nothing. Key: `minimum`.
        package var minimum = 100.0
        /// Names of the interfaces that are looked at; see ``PhysicalInterface``. Key: `interfaces`.
        package var interfaces = NamePatterns(PhysicalInterface.defaultPatterns)
        /// Key: `window`; nanoseconds.
        package var window: Int64 = 120_000_000_000

        package init() {}
    }

    /// Of unexpected.
    package struct UnexpectedSettings: Sendable, Equatable {
        /// What is allowed. Key: `allow`.
        package var allowed: [AllowedTraffic] = []
        /// For how long what is seen is taken for usual, nanoseconds; nil: nothing is learned, only what is allowed is expected. Key: `learn`.
        package var learningTime: Int64? = 86_400_000_000_000

        package init() {}
    }

    /// Of scan.
    package struct ScanSettings: Sendable, Equatable {
        /// New destination addresses in the window. Key: `destinations`.
        package var destinations = 200.0
        /// New destination addresses with port in the window. Key: `ports`.
        package var ports = 200.0

        package init() {}
    }

    /// Of connection_failures.
    package struct ConnectionFailuresSettings: Sendable, Equatable {
        /// The part of the connections that got no answer, 0 to 1. Key: `share`.
        package var share = 0.2
        /// The part of the connections that was reset, 0 to 1. Key: `reset_share`.
        package var resetShare = 0.5
        /// Connections a second without which a share means nothing. Key: `minimum`.
        package var minimum = 0.5
        /// Key: `window`; nanoseconds.
        package var window: Int64 = 300_000_000_000

        package init() {}
    }

    /// Of threshold.
    package struct ThresholdSettings: Sendable, Equatable {
        /// A second, on average over the window. Key: `above`, which must be there.
        package var above = Double.infinity
        /// Key: `window`; nanoseconds.
        package var window: Int64 = 60_000_000_000

        package init() {}
    }

    /// Of exporter.
    package struct ExporterSettings: Sendable, Equatable {
        /// What can be wrong with an exporter.
        package enum Problem: String, Sendable, CaseIterable {
            case silent
            case losing
            case missingTemplates = "missing_templates"
            case unknownSampling = "unknown_sampling"
            case clockOff = "clock_off"
        }

        /// Key: `problem`, which must be there.
        package var problem: Problem
        /// Of silent: without a datagram for so long, and its active timeout, nanoseconds. Key: `after`.
        package var after: Int64 = 300_000_000_000
        /// Of silent: for how long it is told of; an exporter that stays away for longer than that is gone, nanoseconds. Key: `forget_after`.
        package var forgetAfter: Int64 = 86_400_000_000_000
        /// Of losing: the part of its records or datagrams that never came, 0 to 1. Key: `share`.
        package var share = 0.01
        /// Of clock_off: nanoseconds. Key: `above`.
        package var above: Int64 = 10_000_000_000
        /// Of the problems that are counted: over how long, nanoseconds. Key: `window`.
        package var window: Int64 = 300_000_000_000

        package init(_ problem: Problem) {
            self.problem = problem
        }
    }
}

extension Rule.Quantity {
    /// What it is counted in.
    package var unit: String {
        switch self {
        case .bytes: "bytes"
        case .packets, .droppedPackets, .ecnMarkedPackets: "packets"
        case .records, .tcpSYNRecords, .tcpResetRecords: "records"
        }
    }

    /// Below so much a second, by default, nothing is worth a notification.
    package var defaultFloor: Double {
        switch self {
        case .bytes: 1_000_000
        case .packets: 1000
        case .records: 100
        case .droppedPackets, .tcpSYNRecords, .tcpResetRecords: 10
        case .ecnMarkedPackets: 100
        }
    }
}
