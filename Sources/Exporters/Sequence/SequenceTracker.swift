import FlowModel

/// Follows one run of sequence numbers: what is missing in it, what came late, and when the exporter began to number anew.
///
/// A gap counts as lost when it has stayed open for two seconds. Numbers that go back, or jump too far, are believed when the next ones go on from there
/// (as RFC 3550 A.1 does it), and lose nothing.
struct SequenceTracker: Sendable {
    /// How a datagram fitted.
    enum Fit {
        /// The first one, or nothing to compare it with.
        case unjudged
        /// Its number is the one expected.
        case exact
        /// It overlaps what came before, or numbers are missing before it.
        case off
    }

    private struct Gap {
        var start: UInt32
        var count: UInt32
        var since: Timestamp
    }

    /// Nanoseconds for which a gap may still be filled: 2 s.
    private static let patience: Int64 = 2_000_000_000
    private static let maximumGaps = 8
    /// Nanoseconds after a renumbering in which a jump ahead is another one: 60 s.
    private static let renumberingMemory: Int64 = 60_000_000_000

    private var expected: UInt32?
    private var gaps: [Gap] = []
    private var candidate: UInt32?
    private var renumberedAt: Timestamp?
    /// Units that are missing for good.
    private(set) var lost: UInt64 = 0
    /// How often the numbering began anew without the exporter's uptime saying so.
    private(set) var renumberings = 0
    /// Whether numbers are missing that may still come.
    var hasGaps: Bool { !gaps.isEmpty }
    /// The number that the next datagram should begin with; nil where that isn't known.
    var next: UInt32? { expected }

    /// Takes in a datagram that holds the numbers from `start` up to but without `end`; nil where that isn't known.
    mutating func take(start: UInt32?, end: UInt32?, maximumGap: Int32, at now: Timestamp) -> Fit {
        if !gaps.isEmpty { settle(at: now) }
        guard let start, let expected else {
            self.expected = end
            return .unjudged
        }
        guard start != expected else {
            self.expected = end
            return .exact
        }
        let ahead = Int32(bitPattern: start &- expected)
        if ahead > 0, ahead <= maximumGap, !isRenumbering(ahead, at: now) {
            open(Gap(start: expected, count: UInt32(ahead), since: now))
            self.expected = end
        } else if ahead < 0, let end, Int32(bitPattern: end &- expected) > 0, Int32(bitPattern: end &- start) > 0 {
            // Some exporters leave option records out of their count: numbers overlap, nothing is missing.
            self.expected = end
        } else if ahead < 0, fill(from: start, to: end) {
            return .off
        } else if candidate == start || ahead > 0 && isRenumbering(ahead, at: now) {
            restart(at: end)
            renumberedAt = now
            renumberings += 1
        } else {
            candidate = end
        }
        return .off
    }

    /// The exporter has restarted: what comes next is where it begins.
    mutating func restart() {
        restart(at: nil)
    }

    /// Counts gaps as lost that nothing has filled in two seconds.
    mutating func settle(at now: Timestamp) {
        while let gap = gaps.first, now.ends(wait: Self.patience, since: gap.since) {
            lost &+= UInt64(gap.count)
            gaps.removeFirst()
        }
    }

    private mutating func restart(at end: UInt32?) {
        for gap in gaps { lost &+= UInt64(gap.count) }
        gaps = []
        candidate = nil
        expected = end
    }

    private func isRenumbering(_ ahead: Int32, at now: Timestamp) -> Bool {
        guard ahead >= 64, let renumberedAt else { return false }
        return now.since(renumberedAt) < Self.renumberingMemory
    }

    private mutating func open(_ gap: Gap) {
        if gaps.count >= Self.maximumGaps {
            lost &+= UInt64(gaps.removeFirst().count)
        }
        gaps.append(gap)
    }

    /// Whether the numbers lie in a gap, which is then the smaller for them.
    private mutating func fill(from start: UInt32, to end: UInt32?) -> Bool {
        guard let index = gaps.firstIndex(where: { start &- $0.start < $0.count }) else { return false }
        let gap = gaps.remove(at: index)
        let skipped = start &- gap.start
        let filled = min(end.map { $0 &- start } ?? 1, gap.count - skipped)
        // What is left is in front of it and behind it; oldest first, as `settle` needs it.
        if gap.count - skipped - filled > 0 {
            gaps.insert(Gap(start: start &+ filled, count: gap.count - skipped - filled, since: gap.since), at: index)
        }
        if skipped > 0 {
            gaps.insert(Gap(start: gap.start, count: skipped, since: gap.since), at: index)
        }
        if gaps.count > Self.maximumGaps { lost &+= UInt64(gaps.removeFirst().count) }
        return true
    }
}
