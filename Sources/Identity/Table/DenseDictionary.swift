/// A dictionary for many entries: they stand one behind the other in blocks, found by an index of eight octets for each place.
///
/// `Dictionary` keeps room for keys and values at up to twice and two thirds their number, and moves all of them when it grows.
package struct DenseDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable, Sequence {
    /// Entries of a block; a power of two.
    private static var blockSize: Int { 256 }

    /// Each full but the last one.
    private var blocks: [[(key: Key, value: Value)]] = []
    /// In the upper half a part of the key's hash, in the lower the entry's place and one; 0: free. A power of two of them, at most three quarters taken.
    private var index: [UInt64] = []
    /// Keys in it.
    package private(set) var count = 0

    /// Nothing.
    package init() {}

    /// Whether there is none.
    package var isEmpty: Bool { count == 0 }

    /// Setting nil takes the entry out; the last one takes its place.
    package subscript(key: Key) -> Value? {
        get {
            guard let slot = slot(of: key) else { return nil }
            let place = Self.place(index[slot])
            return blocks[place / Self.blockSize][place % Self.blockSize].value
        }
        set {
            if let newValue {
                if let slot = slot(of: key) {
                    let place = Self.place(index[slot])
                    blocks[place / Self.blockSize][place % Self.blockSize].value = newValue
                } else {
                    append(key, newValue)
                }
            } else if let slot = slot(of: key) {
                remove(at: slot)
            }
        }
    }

    /// Has `body` change the value of `key` where it stands, if there is one.
    package mutating func change(_ key: Key, _ body: (inout Value) -> Void) {
        guard let slot = slot(of: key) else { return }
        let place = Self.place(index[slot])
        body(&blocks[place / Self.blockSize][place % Self.blockSize].value)
    }

    /// The entries, in no order.
    package func makeIterator() -> some IteratorProtocol<(key: Key, value: Value)> {
        blocks.lazy.joined().makeIterator()
    }

    /// The keys, in no order.
    package var keys: some Sequence<Key> { blocks.lazy.joined().map(\.key) }

    // MARK: Places

    private static func hash(_ key: Key) -> UInt64 {
        let hash = UInt64(UInt(bitPattern: key.hashValue))
        return hash ^ hash >> 32
    }

    private static func place(_ slot: UInt64) -> Int { Int(slot & 0xFFFF_FFFF) - 1 }

    /// Where the index looks first for what has this half of a hash.
    private func home(_ half: UInt64) -> Int { Int(half) & (index.count - 1) }

    private func slot(of key: Key) -> Int? {
        guard !index.isEmpty else { return nil }
        let half = Self.hash(key) & 0xFFFF_FFFF
        var slot = home(half)
        while index[slot] != 0 {
            if index[slot] >> 32 == half {
                let place = Self.place(index[slot])
                if blocks[place / Self.blockSize][place % Self.blockSize].key == key { return slot }
            }
            slot = (slot + 1) & (index.count - 1)
        }
        return nil
    }

    private mutating func append(_ key: Key, _ value: Value) {
        if (count + 1) * 4 > index.count * 3 { grow() }
        if count % Self.blockSize == 0 {
            blocks.append([])
            // A small dictionary takes no whole block.
            if count > 0 { blocks[blocks.count - 1].reserveCapacity(Self.blockSize) }
        }
        blocks[count / Self.blockSize].append((key, value))
        count += 1
        insert((Self.hash(key) & 0xFFFF_FFFF) << 32 | UInt64(count))
    }

    private mutating func insert(_ entry: UInt64) {
        var slot = home(entry >> 32)
        while index[slot] != 0 { slot = (slot + 1) & (index.count - 1) }
        index[slot] = entry
    }

    private mutating func grow() {
        let old = index
        index = [UInt64](repeating: 0, count: Swift.max(16, old.count * 2))
        for entry in old where entry != 0 { insert(entry) }
    }

    private mutating func remove(at slot: Int) {
        let place = Self.place(index[slot])
        free(slot)
        count -= 1
        guard let last = blocks[blocks.count - 1].popLast() else { return }
        if blocks[blocks.count - 1].isEmpty { blocks.removeLast() }
        guard place < count else { return }
        // The last entry moves into the hole.
        blocks[place / Self.blockSize][place % Self.blockSize] = last
        let half = Self.hash(last.key) & 0xFFFF_FFFF
        var moved = home(half)
        while Self.place(index[moved]) != count { moved = (moved + 1) & (index.count - 1) }
        index[moved] = half << 32 | UInt64(place + 1)
    }

    /// Frees a slot; those behind it that it had kept from their places move up.
    private mutating func free(_ slot: Int) {
        let mask = index.count - 1
        var hole = slot
        var next = (hole + 1) & mask
        while index[next] != 0 {
            if (next &- home(index[next] >> 32)) & mask >= (next &- hole) & mask {
                index[hole] = index[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        index[hole] = 0
    }
}
