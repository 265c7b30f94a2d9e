import CLinuxSockets

/// Up to 64 datagrams that are sent with one call. It can be sent again as it is, which is how load is made.
@safe package struct SendBatch: ~Copyable {
    /// How many datagrams it holds, 0...64.
    package private(set) var count = 0
    private var used = 0
    /// Room for 64 datagrams of an average 4 KiB, and for any single one.
    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 4096, alignment: 16)
    private let datagrams = UnsafeMutablePointer<weir_outgoing>.allocate(capacity: Int(WEIR_BATCH))

    package init() {}

    deinit {
        unsafe storage.deallocate()
        unsafe datagrams.deallocate()
    }

    /// Copies a datagram in; false where there is no room, which an empty batch has for whatever UDP can carry.
    package mutating func append(_ payload: UnsafeRawBufferPointer) -> Bool {
        var place: UnsafeMutableRawBufferPointer?
        return unsafe append(payload, place: &place)
    }

    /// Copies a datagram in, and tells where it stands, so that it can still be changed before the batch is.
    package mutating func append(_ payload: UnsafeRawBufferPointer, place copy: inout UnsafeMutableRawBufferPointer?) -> Bool {
        guard count < Int(WEIR_BATCH), unsafe payload.count <= storage.count - used else { return false }
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[used..<(used + payload.count)])
        unsafe place.copyMemory(from: payload)
        unsafe datagrams[count] = weir_outgoing(payload: place.baseAddress, length: payload.count)
        count += 1
        used += payload.count
        unsafe copy = unsafe place
        return true
    }

    /// Forgets all datagrams.
    package mutating func removeAll() {
        count = 0
        used = 0
    }

    /// The datagrams, `count` of them.
    var outgoing: UnsafePointer<weir_outgoing> { unsafe UnsafePointer(datagrams) }
}
