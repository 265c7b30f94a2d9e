import FlowModel

/// Entries by address: open addressing within pages of 512 slots, key and entry side by side in 24 bytes, so that a look-up mostly touches one cache line.
///
/// A value: a copy shares its pages, and a change copies the page it touches and the list of pages.
@usableFromInline
struct AddressTable: Sendable {
    @usableFromInline
    struct Slot: BitwiseCopyable, Sendable {
        /// `::`, which is nobody's address, where the slot is free.
        @usableFromInline var address: IPAddress
        @usableFromInline var entry: EndpointEntry
    }

    /// By the upper bits of an address's hash; two at least.
    @usableFromInline var pages: [AddressPage]
    /// What is left of a 64-bit hash is the page's number.
    @usableFromInline var shift: UInt64
    @usableFromInline let seed: UInt64
    /// Addresses in it.
    private(set) var count = 0

    /// An empty table. Keys come from outside: `seed` is mixed into their hashes.
    init(seed: UInt64) {
        self.seed = seed
        pages = [AddressPage(), AddressPage()]
        shift = 63
    }

    /// The entry of `address`; that of the world for `::`, which says that a record has no address.
    @inlinable
    @inline(__always)
    func entry(for address: IPAddress) -> EndpointEntry? {
        let hash = address.mixed(seed: seed)
        let slots = unsafe pages[Int(truncatingIfNeeded: hash &>> shift)].slots
        var place = Int(truncatingIfNeeded: hash) & AddressPage.mask
        while true {
            // Within its page: `place` is masked. A page has a free slot always.
            if unsafe slots[place].address == address { return unsafe slots[place].entry }
            if unsafe slots[place].address.isUnspecified { return nil }
            place = (place + 1) & AddressPage.mask
        }
    }

    /// Sets or, with nil, takes out what is known of `address`; `::` is left out, and an address that finds no room although the table is all but empty.
    mutating func set(_ address: IPAddress, _ entry: EndpointEntry?) {
        guard !address.isUnspecified else { return }
        let hash = address.mixed(seed: seed)
        let page = Int(truncatingIfNeeded: hash &>> shift)
        let known = pages[page].place(of: address, hash)
        guard let entry else {
            guard let known else { return }
            pages[page].remove(known, seed: seed)
            count -= 1
            return
        }
        if let known {
            if pages[page].entry(at: known) != entry { pages[page].replace(known, entry) }
            return
        }
        if pages[page].count >= AddressPage.comfortable {
            // Of equal hashes, which nobody finds who does not know the seed, no doubling would part them.
            if pages.count * AddressPage.slotCount < 32 * (count + AddressPage.slotCount) {
                grow()
                return set(address, entry)
            }
            guard pages[page].count < AddressPage.slotCount - 1 else { return }
        }
        pages[page].insert(address, entry, hash)
        count += 1
    }

    /// Calls `body` for each address, in no order.
    func forEach(_ body: (IPAddress, EndpointEntry) -> Void) {
        for page in pages { page.forEach(body) }
    }

    /// Twice as many pages: each is parted by one more bit of the hashes.
    private mutating func grow() {
        let old = pages
        shift -= 1
        pages = (0..<old.count * 2).map { _ in AddressPage() }
        for page in old {
            page.forEach { address, entry in
                let hash = address.mixed(seed: seed)
                pages[Int(truncatingIfNeeded: hash &>> shift)].insert(address, entry, hash)
            }
        }
    }
}

/// 512 slots of an `AddressTable`; a value, copied when one of several copies is changed.
///
/// The slots are reached by their pointer, without a look at the memory before them: that would be a second cache line for each look-up.
@usableFromInline
@safe
struct AddressPage: @unchecked Sendable {
    @inlinable static var slotCount: Int { 512 }
    @inlinable static var mask: Int { slotCount - 1 }
    /// More entries make for long searches.
    static var comfortable: Int { 320 }

    /// Frees the slots. Unchecked: they are written by the one page that refers to them only.
    @safe
    private final class Memory: @unchecked Sendable {
        let slots: UnsafeMutablePointer<AddressTable.Slot>

        init() {
            unsafe slots = .allocate(capacity: AddressPage.slotCount)
        }

        deinit { unsafe slots.deallocate() }
    }

    private var memory: Memory
    @usableFromInline private(set) var slots: UnsafeMutablePointer<AddressTable.Slot>
    private(set) var count = 0

    init() {
        let memory = Memory()
        self.memory = memory
        unsafe slots = memory.slots
        unsafe slots.initialize(repeating: AddressTable.Slot(address: .unspecified, entry: .world), count: Self.slotCount)
    }

    func place(of address: IPAddress, _ hash: UInt64) -> Int? {
        var place = Int(truncatingIfNeeded: hash) & Self.mask
        while unsafe !slots[place].address.isUnspecified {
            if unsafe slots[place].address == address { return place }
            place = (place + 1) & Self.mask
        }
        return nil
    }

    func entry(at place: Int) -> EndpointEntry { unsafe slots[place & Self.mask].entry }

    func forEach(_ body: (IPAddress, EndpointEntry) -> Void) {
        for place in 0..<Self.slotCount where unsafe !slots[place].address.isUnspecified {
            unsafe body(slots[place].address, slots[place].entry)
        }
    }

    mutating func replace(_ place: Int, _ entry: EndpointEntry) {
        makeUnique()
        unsafe slots[place & Self.mask].entry = entry
    }

    /// For an address that is not there, in a page that is not full.
    mutating func insert(_ address: IPAddress, _ entry: EndpointEntry, _ hash: UInt64) {
        makeUnique()
        var place = Int(truncatingIfNeeded: hash) & Self.mask
        while unsafe !slots[place].address.isUnspecified { place = (place + 1) & Self.mask }
        unsafe slots[place] = AddressTable.Slot(address: address, entry: entry)
        count += 1
    }

    /// Takes an entry out; those behind it that it had kept from their places move up.
    mutating func remove(_ place: Int, seed: UInt64) {
        makeUnique()
        var hole = place & Self.mask
        var next = (hole + 1) & Self.mask
        while unsafe !slots[next].address.isUnspecified {
            let wanted = unsafe Int(truncatingIfNeeded: slots[next].address.mixed(seed: seed)) & Self.mask
            // It may move to the hole where that is not before its wanted place, counted round the page.
            if (next &- wanted) & Self.mask >= (next &- hole) & Self.mask {
                unsafe slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & Self.mask
        }
        unsafe slots[hole] = AddressTable.Slot(address: .unspecified, entry: .world)
        count -= 1
    }

    private mutating func makeUnique() {
        guard !isKnownUniquelyReferenced(&memory) else { return }
        let copy = Memory()
        unsafe copy.slots.initialize(from: slots, count: Self.slotCount)
        memory = copy
        unsafe slots = copy.slots
    }
}
