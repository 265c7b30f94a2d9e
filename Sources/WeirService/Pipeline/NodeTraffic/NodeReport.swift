import FlowModel

/// How well an exporter's records tell of what its node sent and received: what its sessions say together, every few seconds.
package struct NodeReport: Sendable, Equatable {
    /// Why its node's packets cannot be compared with others'.
    package enum Trouble: String, Sendable, CaseIterable {
        /// Export datagrams were lost, or could not be read, or the exporter began anew.
        case lostRecords = "lost_records"
        /// Its records are of sampled packets, or may be.
        case sampled
    }

    /// When it was last heard.
    package var heard: Timestamp
    /// How long after a packet it told of it, at most, since the last report, nanoseconds.
    package var delay: Int64
    /// What has befallen it since the last report.
    package var trouble: Trouble?
    /// Whether its records may be of sampled packets, for all that is known by now.
    package var mayBeSampled: Bool
    /// The sum of numbers that tell its sessions from others.
    package var sessions: UInt64

    package init(heard: Timestamp, delay: Int64 = 0, trouble: Trouble? = nil, mayBeSampled: Bool = false, sessions: UInt64 = 1) {
        self.heard = heard
        self.delay = delay
        self.trouble = trouble
        self.mayBeSampled = mayBeSampled
        self.sessions = sessions
    }

    /// Adds another session of the node.
    package mutating func add(_ other: NodeReport) {
        heard = max(heard, other.heard)
        delay = max(delay, other.delay)
        trouble = trouble ?? other.trouble
        mayBeSampled = mayBeSampled || other.mayBeSampled
        sessions &+= other.sessions
    }
}
