/// Names a template within a session: version, observation domain and template id, packed.
struct TemplateKey: Hashable {
    let rawValue: UInt64

    /// The key of a template (RFC 7011 §8: ids are unique in an observation domain of a transport session).
    init(version: UInt16, domain: UInt32, id: UInt16) {
        rawValue = UInt64(version & 0xF) << 48 | UInt64(domain) << 16 | UInt64(id)
    }

    /// The key under which a template is found from all observation domains of a session.
    init(sharedID id: UInt16) {
        rawValue = 1 << 60 | UInt64(id)
    }
}

/// Templates by key: one look-up for each data set. Open addressing, linear probing, at most half full; nothing is left behind by a removal.
struct TemplateTable {
    private struct Slot {
        /// 0 where the slot is empty; no key is 0.
        var key: UInt64 = 0
        var plan: TemplatePlan?
    }

    /// Empty until the first template comes: most of what is forged never gets so far.
    private var slots: [Slot] = []
    /// How many templates there are.
    private(set) var count = 0

    subscript(key: TemplateKey) -> TemplatePlan? {
        guard count > 0 else { return nil }
        var index = home(key.rawValue)
        while slots[index].key != 0 {
            if slots[index].key == key.rawValue { return slots[index].plan }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds a template, or replaces it.
    mutating func set(_ key: TemplateKey, to plan: TemplatePlan) {
        if 2 * (count + 1) > slots.count { grow() }
        var index = home(key.rawValue)
        while slots[index].key != 0, slots[index].key != key.rawValue { index = (index + 1) & (slots.count - 1) }
        if slots[index].key == 0 { count += 1 }
        slots[index] = Slot(key: key.rawValue, plan: plan)
    }

    /// Removes a template, and says which it was.
    @discardableResult
    mutating func remove(_ key: TemplateKey) -> TemplatePlan? {
        guard count > 0 else { return nil }
        var hole = home(key.rawValue)
        while slots[hole].key != key.rawValue {
            if slots[hole].key == 0 { return nil }
            hole = (hole + 1) & (slots.count - 1)
        }
        let removed = slots[hole].plan
        count -= 1
        // Whoever stands behind the hole and could not be found any more moves into it.
        var next = (hole + 1) & (slots.count - 1)
        while slots[next].key != 0 {
            let distance = (next - home(slots[next].key)) & (slots.count - 1)
            if distance >= (next - hole) & (slots.count - 1) {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & (slots.count - 1)
        }
        slots[hole] = Slot()
        return removed
    }

    /// All templates, in no order.
    var plans: [TemplatePlan] { slots.compactMap(\.plan) }

    private func home(_ key: UInt64) -> Int {
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low >> 32) & (slots.count - 1)
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: max(16, 2 * old.count))
        for slot in old where slot.key != 0 {
            var index = home(slot.key)
            while slots[index].key != 0 { index = (index + 1) & (slots.count - 1) }
            slots[index] = slot
        }
    }
}
