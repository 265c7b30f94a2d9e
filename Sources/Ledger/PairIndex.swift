/// Finds the row of a pair: open addressing in many small tables, of which only one grows at a time, so that no insertion ever waits for all of them.
///
/// Keys come from whoever sends datagrams: the hash is seeded.
struct PairIndex: Sendable {
    private struct Part: Sendable {
        /// Row numbers plus one by slot; 0 is empty.
        var slots: [UInt32] = []
        var used = 0
    }

    /// 1,024 parts: at 10 million pairs one growth step moves ten thousand entries.
    private static let partBits: UInt64 = 10
    private var parts = [Part](repeating: Part(), count: 1 << 10)
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    @inline(__always)
    static func hash(_ key: UInt64, seed: UInt64) -> UInt64 {
        let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    /// The row of `key`; nil where it has none. `keyOf` gives the key of a row.
    func row(of key: UInt64, keyOf: (Int) -> UInt64) -> Int? {
        let hash = Self.hash(key, seed: seed)
        let part = parts[Int(hash >> (64 - Self.partBits))]
        guard part.used > 0 else { return nil }
        let mask = part.slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while part.slots[slot] != 0 {
            let row = Int(part.slots[slot]) - 1
            if keyOf(row) == key { return row }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Gives `key`, which has no row, the row `row`.
    mutating func insert(_ key: UInt64, row: Int, keyOf: (Int) -> UInt64) {
        let hash = Self.hash(key, seed: seed)
        let number = Int(hash >> (64 - Self.partBits))
        if (parts[number].used + 1) * 4 > parts[number].slots.count * 3 { grow(number, keyOf) }
        place(row, hash, in: number)
        parts[number].used += 1
    }

    /// Takes `key` out, which has a row.
    mutating func remove(_ key: UInt64, keyOf: (Int) -> UInt64) {
        let number = Int(Self.hash(key, seed: seed) >> (64 - Self.partBits))
        guard parts[number].used > 0 else { return }
        let mask = parts[number].slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(key, seed: seed)) & mask
        while parts[number].slots[slot] != 0, keyOf(Int(parts[number].slots[slot]) - 1) != key { slot = (slot + 1) & mask }
        guard parts[number].slots[slot] != 0 else { return }
        parts[number].slots[slot] = 0
        parts[number].used -= 1
        // Backward shift: what stood behind the hole because of a collision moves up, so that no tombstones gather.
        var next = (slot + 1) & mask
        while parts[number].slots[next] != 0 {
            let row = parts[number].slots[next]
            let home = Int(truncatingIfNeeded: Self.hash(keyOf(Int(row) - 1), seed: seed)) & mask
            if (next &- home) & mask >= (next &- slot) & mask {
                parts[number].slots[slot] = row
                parts[number].slots[next] = 0
                slot = next
            }
            next = (next + 1) & mask
        }
    }

    private mutating func grow(_ number: Int, _ keyOf: (Int) -> UInt64) {
        let old = parts[number].slots
        parts[number].slots = [UInt32](repeating: 0, count: max(8, old.count * 2))
        for row in old where row != 0 { place(Int(row) - 1, Self.hash(keyOf(Int(row) - 1), seed: seed), in: number) }
    }

    private mutating func place(_ row: Int, _ hash: UInt64, in number: Int) {
        let mask = parts[number].slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while parts[number].slots[slot] != 0 { slot = (slot + 1) & mask }
        parts[number].slots[slot] = UInt32(row + 1)
    }
}
