import FlowModel

/// Which templates a session has shown: how many, what their elements tell, and whether one id keeps changing its meaning.
struct TemplateInventory: Sendable {
    private struct Changes {
        var windowStart: Timestamp
        var count: UInt32
    }

    private static let maximumTemplates = 4096
    /// Nanoseconds in which changes are counted: 10 min.
    private static let window: Int64 = 600_000_000_000
    /// Definitions of one id within a window that no exporter by itself would send.
    private static let suspicious: UInt32 = 5

    /// Octets that are counted for one template.
    private static let cost = 96

    private var known: [UInt64: Changes] = [:]
    /// All that the templates' elements have shown.
    private(set) var traits = TemplateTraits()
    /// A template that keeps changing, and when it last did.
    private(set) var flapping: (domain: UInt32, id: UInt16, at: Timestamp)?

    /// Distinct templates (domain and id), options templates included; at most 4096.
    var count: Int { known.count }
    /// Octets of memory it takes, at most.
    var bytes: Int { known.count * Self.cost }

    /// Takes in that a template was learned or replaced; a new one only where there is room (`mayGrow`). Whether it could.
    mutating func learn(domain: UInt32, id: UInt16, traits: TemplateTraits, at now: Timestamp, mayGrow: Bool = true) -> Bool {
        self.traits.formUnion(traits)
        let key = UInt64(domain) << 16 | UInt64(id)
        guard var changes = known[key] else {
            guard mayGrow, known.count < Self.maximumTemplates else { return false }
            known[key] = Changes(windowStart: now, count: 1)
            return true
        }
        if now.ends(wait: Self.window, since: changes.windowStart) { changes = Changes(windowStart: now, count: 0) }
        changes.count &+= 1
        if changes.count >= Self.suspicious { flapping = (domain, id, now) }
        known[key] = changes
        return true
    }

    /// Takes over what an earlier run had seen.
    mutating func restore(_ traits: TemplateTraits) {
        self.traits.formUnion(traits)
    }
}
