import FlowModel

/// Entries by address: open addressing, at most half full, key and entry side by side in 24 bytes, so that a look-up mostly touches one cache line.
@usableFromInline
struct AddressTable: Sendable {
    @usableFromInline
    struct Slot: BitwiseCopyable, Sendable {
        /// `::`, which is nobody's address, where the slot is free.
        @usableFromInline var address: IPAddress
        @usableFromInline var entry: EndpointEntry
    }

    @usableFromInline let slots: [Slot]
    @usableFromInline let mask: Int

    /// The table of `entries`; one for `::` is left out.
    init(_ entries: [IPAddress: EndpointEntry]) {
        var size = 16
        while size < entries.count * 2 { size *= 2 }
        let mask = size - 1
        var slots = [Slot](repeating: Slot(address: .unspecified, entry: .world), count: size)
        for (address, entry) in entries where !address.isUnspecified {
            var place = Int(truncatingIfNeeded: address.mixed()) & mask
            while !slots[place].address.isUnspecified { place = (place + 1) & mask }
            slots[place] = Slot(address: address, entry: entry)
        }
        self.slots = slots
        self.mask = mask
    }

    /// The entry of `address`; that of the world for `::`, which says that a record has no address.
    @inlinable
    @inline(__always)
    func entry(for address: IPAddress) -> EndpointEntry? {
        var place = Int(truncatingIfNeeded: address.mixed()) & mask
        while true {
            if slots[place].address == address { return slots[place].entry }
            if slots[place].address.isUnspecified { return nil }
            place = (place + 1) & mask
        }
    }
}
