/// Finds label sets by what they are, each by its place in an array, so that it stands in memory once: open addressing.
struct LabelIndex {
    /// Places plus one; 0 is free.
    private var slots = [UInt32](repeating: 0, count: 16)
    private var count = 0

    /// The place of a label set; nil where it has none.
    func place(of labels: EndpointLabels, in all: [EndpointLabels]) -> Int? {
        let slot = slot(of: labels, in: all)
        return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
    }

    /// Takes in the label set at a place, which is at no other one.
    mutating func insert(_ place: Int, in all: [EndpointLabels]) {
        if (count + 1) * 3 > slots.count * 2 {
            let old = slots
            slots = [UInt32](repeating: 0, count: old.count * 2)
            for entry in old where entry != 0 { slots[slot(of: all[Int(entry) - 1], in: all)] = entry }
        }
        slots[slot(of: all[place], in: all)] = UInt32(truncatingIfNeeded: place + 1)
        count += 1
    }

    /// Takes out the label set at a place.
    mutating func remove(_ place: Int, in all: [EndpointLabels]) {
        var slot = slot(of: all[place], in: all)
        guard slots[slot] != 0 else { return }
        slots[slot] = 0
        count -= 1
        // Backward shift: what stood behind the hole because of a collision moves up, so that no tombstones gather.
        let mask = slots.count - 1
        var next = (slot + 1) & mask
        while slots[next] != 0 {
            let home = all[Int(slots[next]) - 1].hashValue & mask
            if (next &- home) & mask >= (next &- slot) & mask {
                slots[slot] = slots[next]
                slots[next] = 0
                slot = next
            }
            next = (next + 1) & mask
        }
    }

    /// Where a label set stands, or would.
    private func slot(of labels: EndpointLabels, in all: [EndpointLabels]) -> Int {
        let mask = slots.count - 1
        var slot = labels.hashValue & mask
        while slots[slot] != 0, all[Int(slots[slot]) - 1] != labels { slot = (slot + 1) & mask }
        return slot
    }
}
