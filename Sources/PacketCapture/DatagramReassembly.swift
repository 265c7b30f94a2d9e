import FlowModel

/// Puts fragmented datagrams together (RFC 791 §3.2, RFC 8200 §4.5), a bounded number at a time.
struct DatagramReassembly {
    private var unfinished: [Key: Parts] = [:]
    private var abandoned = 0

    private struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var identification: UInt32
    }

    private struct Parts {
        var pieces: [Int: [UInt8]] = [:]
        /// Octets of the whole datagram; nil until its last fragment has come.
        var length: Int?
        let begun: Timestamp
        /// Counts up with every datagram begun, so that the oldest is known where there are no times.
        let order: Int
    }

    private var begun = 0

    /// Fragments that came and have not become part of a whole datagram.
    var unusedFragments: Int { unfinished.values.reduce(abandoned) { $0 + $1.pieces.count } }

    /// Takes a fragment in; returns the datagram, from its UDP header on, where that makes it whole.
    mutating func add(_ packet: IPPacket, _ fragment: IPPacket.Fragment, at time: Timestamp) -> [UInt8]? {
        let key = Key(source: packet.source, destination: packet.destination, identification: fragment.identification)
        // Identifications are used again: what has waited longer than a receiver would have (RFC 8200 §4.5) is another datagram's.
        if let parts = unfinished[key], time.since(parts.begun) > Self.patience { abandon(key) }
        if unfinished[key] == nil {
            if unfinished.count >= Self.maximumDatagrams, let oldest = unfinished.min(by: { $0.value.order < $1.value.order })?.key {
                abandon(oldest)
            }
            begun += 1
            unfinished[key] = Parts(begun: time, order: begun)
        }
        guard fragment.offset + packet.payload.count <= Self.maximumLength, unfinished[key]?.pieces.count ?? 0 < Self.maximumPieces else {
            abandoned += 1
            abandon(key)
            return nil
        }
        unfinished[key]?.pieces[fragment.offset] = Array(packet.payload)
        if !fragment.isFollowed { unfinished[key]?.length = fragment.offset + packet.payload.count }

        guard let parts = unfinished[key], let whole = Self.join(parts) else { return nil }
        unfinished[key] = nil
        return whole
    }

    /// The datagram, where its fragments follow each other without gap or overlap from its start to its end.
    private static func join(_ parts: Parts) -> [UInt8]? {
        guard let length = parts.length else { return nil }
        var whole: [UInt8] = []
        whole.reserveCapacity(length)
        while whole.count < length {
            guard let piece = parts.pieces[whole.count], !piece.isEmpty else { return nil }
            whole += piece
        }
        return whole.count == length ? whole : nil
    }

    private mutating func abandon(_ key: Key) {
        abandoned += unfinished.removeValue(forKey: key)?.pieces.count ?? 0
    }

    private static let maximumDatagrams = 64
    private static let maximumLength = 65_535
    private static let maximumPieces = 128
    /// Nanoseconds of the capture's own time.
    private static let patience: Int64 = 60_000_000_000
}
