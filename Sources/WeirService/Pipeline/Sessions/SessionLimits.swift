/// What the sessions of one shard may come to: docs/security.md, "Bounds".
package struct SessionLimits: Sendable {
    /// Sessions.
    package var sessions = 4096
    /// Sessions of one source address.
    package var sessionsOfAddress = 256
    /// Octets of memory that all sessions together hold.
    package var memory = HeldBytes(templates: 48 << 20, keptData: 32 << 20, pendingFlows: 32 << 20, runningTotals: 32 << 20, facts: 24 << 20)

    /// The defaults.
    package init() {}

    /// How long a session must have brought records for to be established, nanoseconds: a minute.
    package static let probation: Int64 = 60_000_000_000
    /// How long after its last datagram a session counts as heard lately, nanoseconds: ten minutes.
    static let recency: Int64 = 600_000_000_000

    /// What sessions of one address may hold: an eighth.
    var memoryOfAddress: HeldBytes { memory.eighths(1) }

    /// How far the sessions together may have come for one of this standing still to get more: what is left is for those of higher standing.
    func memory(for standing: Standing) -> HeldBytes {
        switch standing {
        case .new: memory.eighths(4)
        case .established: memory.eighths(7)
        case .known: memory
        }
    }
}

/// What is known of a source address.
enum Standing: Int, Comparable, Sendable {
    /// It has not brought records for a minute.
    case new
    /// One of its sessions has brought records for a minute.
    case established
    /// The configuration or the identity table names it: an exporter of `exporters:`, a node.
    case known

    static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
}
