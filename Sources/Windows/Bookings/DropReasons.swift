import FlowModel

/// Why packets between workloads were dropped, as exporters said in the last minutes.
struct DropReasons: Sendable {
    /// Pairs of workloads and reasons it knows at most; what comes beyond is not told of.
    private static let limit = 4096
    /// Minutes after which a reason that is not given again is forgotten.
    private static let memory: Int64 = 10

    private struct Key: Hashable, Sendable {
        var pair: WorkloadPair
        var reason: DropReason
    }

    private struct Count: Sendable {
        var packets: Int64 = 0
        var latest: Int64
    }

    private var counts: [Key: Count] = [:]

    /// Notes dropped packets of a minute.
    mutating func note(_ packets: UInt32, _ reason: DropReason, of pair: WorkloadPair, minute: Int64) {
        let key = Key(pair: pair, reason: reason)
        guard counts[key] != nil || counts.count < Self.limit else { return }
        var count = counts[key] ?? Count(latest: minute)
        count.packets &+= Int64(packets)
        count.latest = max(count.latest, minute)
        counts[key] = count
    }

    /// Forgets what was not said again.
    mutating func fade(at minute: Int64) {
        counts = counts.filter { abs(minute - $0.value.latest) <= Self.memory }
    }

    /// Dropped packets by reason, most first, since the reason was first given.
    func reasons(of pairs: Set<WorkloadPair>) -> [(reason: DropReason, packets: Int64)] {
        var sums: [DropReason: Int64] = [:]
        for (key, count) in counts where pairs.contains(key.pair) { sums[key.reason, default: 0] &+= count.packets }
        return sums.map { ($0.key, $0.value) }.sorted { ($1.packets, $0.reason.rawValue) < ($0.packets, $1.reason.rawValue) }
    }
}
