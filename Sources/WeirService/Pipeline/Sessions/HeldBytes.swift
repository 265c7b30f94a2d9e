/// Octets of memory that sessions hold, by what they hold them for.
struct HeldBytes: Equatable, Sendable {
    /// What memory is held for: the `kind` label of `weir_session_memory_bytes`.
    enum Kind: Int, CaseIterable, Sendable {
        case templates
        case keptData
        case pendingFlows
        case runningTotals
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

    init() {}

    init(templates: Int, keptData: Int, pendingFlows: Int, runningTotals: Int, facts: Int) {
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
