import FlowModel

/// The unit that an exporter numbers: the `unit` label of `weir_exporter_lost_total`.
package enum SequenceUnit: String, Sendable, Codable {
    /// Flow records: NetFlow v5, IPFIX.
    case records
    /// Datagrams: NetFlow v9, sFlow.
    case datagrams
}

/// The sequence of one protocol, domain and agent in one session, read in the two ways in which exporters number records.
///
/// By the book a number counts the records before the datagram (RFC 7011 §3.1); Open vSwitch's NetFlow v5 and softflowd's IPFIX count those of the
/// datagram, too. Both readings are followed until one has fitted twice more often, alone, than the other; until then the smaller loss is believed.
struct SequenceStream: Sendable {
    /// What one sequence belongs to.
    struct Key: Equatable, Sendable {
        var exportProtocol: ExportProtocol
        var domain: UInt32
        /// `.unspecified` but for sFlow.
        var agent: IPAddress
    }

    /// What a datagram's number counts.
    enum Reading {
        /// The records before the datagram.
        case before
        /// Those of the datagram, too.
        case including
    }

    let key: Key
    private var before = SequenceTracker()
    private var including = SequenceTracker()
    private var lead = 0
    private var lastUptime: UInt32?
    /// Units missing for good; never goes back.
    private(set) var lost: UInt64 = 0
    /// Units received.
    private(set) var received: UInt64 = 0
    /// How often the exporter's uptime told a restart.
    private(set) var restarts = 0

    init(key: Key) {
        self.key = key
    }

    var unit: SequenceUnit {
        switch key.exportProtocol {
        case .netflow5, .ipfix: .records
        case .netflow9, .sflow5: .datagrams
        }
    }

    /// How the numbers are read; nil while both readings fit.
    var reading: Reading? {
        lead >= 2 ? .before : lead <= -2 ? .including : nil
    }

    /// How often the numbering began anew without the exporter's uptime saying so.
    var renumberings: Int { chosen.renumberings }

    /// The number expected next.
    var next: UInt32? { chosen.next }

    /// Whether numbers are missing that may still come: `settle(at:)` has something to look at.
    var hasGaps: Bool { before.hasGaps || including.hasGaps }

    /// Takes in one datagram. `units` nil: it cannot be known how many it holds, since some of it could not be decoded.
    mutating func take(sequence: UInt32, units: UInt32?, uptime: UInt32?, at now: Timestamp) {
        noteUptime(uptime)
        received &+= UInt64(units ?? 0)
        let maximumGap: Int32 = unit == .records ? 1 << 20 : 1 << 16
        let first = before.take(start: sequence, end: units.map { sequence &+ $0 }, maximumGap: maximumGap, at: now)
        if unit == .records {
            // The datagram before which nothing was counted begins at 0 in either reading, and tells nothing.
            let second = including.take(start: units.map { sequence &- $0 }, end: sequence, maximumGap: maximumGap, at: now)
            switch (first, second) {
            case (.exact, .off): lead = min(lead + 1, 16)
            case (.off, .exact): lead = max(lead - 1, -16)
            default: break
            }
        }
        report()
    }

    /// Counts gaps as lost that nothing has filled in two seconds.
    mutating func settle(at now: Timestamp) {
        before.settle(at: now)
        including.settle(at: now)
        report()
    }

    private var chosen: SequenceTracker { reading == .including ? including : before }

    private mutating func report() {
        let now: UInt64
        switch reading {
        case .before: now = before.lost
        case .including: now = including.lost
        case nil: now = unit == .records ? min(before.lost, including.lost) : before.lost
        }
        lost = max(lost, now)
    }

    /// An uptime that went back by more than a late datagram can explain is a restart (or a wrap after 49 days, where one comparison is skipped).
    private mutating func noteUptime(_ uptime: UInt32?) {
        guard let uptime else { return }
        if let last = lastUptime, last > uptime {
            guard last - uptime > 10_000 else { return }
            before.restart()
            including.restart()
            restarts += 1
        }
        lastUptime = uptime
    }
}
