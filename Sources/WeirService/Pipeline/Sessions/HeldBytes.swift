/// Octets of memory that sessions hold, by what they hold them for.
package struct HeldBytes: Equatable, Sendable {
    /// What memory is held for: the `kind` label of `weir_session_memory_bytes`.
    package enum Kind: Int, CaseIterable, Sendable {
        /// Templates, and what options data said of systems' starts.
        case templates
        /// Data sets that wait for their template.
        case keptData
        /// Flows that wait for their sampling rate.
        case pendingFlows
        /// The last totals of flows.
        case runningTotals
        /// Rates, interface names, sequences.
        case facts

        var label: String {
            switch self {
            case .templates: "templates"
            case .keptData: "kept_data"
            case .pendingFlows: "pending_flows"
            case .runningTotals: "running_totals"
            case .facts: "facts"
            }
        }
    }

    /// 32 bits are enough for any bound of a shard, and are compared a few at a time.
    private var octets = SIMD8<Int32>()

    /// Nothing.
    package init() {}

    /// So many octets of each kind, at most 2 GiB.
    package init(templates: Int, keptData: Int, pendingFlows: Int, runningTotals: Int, facts: Int) {
        octets = SIMD8(
            Int32(clamping: templates), Int32(clamping: keptData), Int32(clamping: pendingFlows), Int32(clamping: runningTotals),
            Int32(clamping: facts), 0, 0, 0)
    }

    private init(_ octets: SIMD8<Int32>) {
        self.octets = octets
    }

    subscript(kind: Kind) -> Int { Int(octets[kind.rawValue]) }

    /// Of all kinds.
    var total: Int { Kind.allCases.reduce(0) { $0 + self[$1] } }

    static func + (left: HeldBytes, right: HeldBytes) -> HeldBytes { HeldBytes(left.octets &+ right.octets) }

    static func - (left: HeldBytes, right: HeldBytes) -> HeldBytes { HeldBytes(left.octets &- right.octets) }

    /// How far each kind stays below both bounds, at least 0.
    static func room(_ held: HeldBytes, below limit: HeldBytes, and other: HeldBytes, below otherLimit: HeldBytes) -> HeldBytes {
        let room = pointwiseMin(limit.octets &- held.octets, otherLimit.octets &- other.octets)
        return HeldBytes(room.replacing(with: 0, where: room .< 0))
    }

    /// So many eighths of each.
    func eighths(_ count: Int) -> HeldBytes { HeldBytes(octets / 8 &* Int32(clamping: count)) }

    /// Whether any kind is above the bound.
    func isAbove(_ limit: HeldBytes) -> Bool { any(octets .> limit.octets) }
}

/// Octets of memory that several shards hold together, by what for: 32 bits are not enough for many of them.
package struct HeldSums: Equatable, Sendable {
    private var octets = [Int](repeating: 0, count: HeldBytes.Kind.allCases.count)

    /// Nothing.
    package init() {}

    /// Octets of one kind.
    package subscript(kind: HeldBytes.Kind) -> Int { octets[kind.rawValue] }

    /// Adds what one shard holds.
    package mutating func add(_ held: HeldBytes) {
        for kind in HeldBytes.Kind.allCases { octets[kind.rawValue] += held[kind] }
    }
}
