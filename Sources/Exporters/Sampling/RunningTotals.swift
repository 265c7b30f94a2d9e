import FlowModel

/// Turns the running totals of records (IE 85, 86 without a delta count beside them) into what came since the flow's last record.
///
/// A flow's first record counts whole only where the flow began after the session was first seen, and after anything was last forgotten here: of an
/// older flow a part may have been counted already, so its first total only sets the base. That errs towards too little, once for each such flow.
package struct RunningTotals: Sendable {
    private struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var start: Timestamp
        var ports: UInt32
        var domain: UInt32
        var inputInterface: UInt32
        var protocolNumber: UInt8
        var direction: UInt8
        var isReverse: Bool
    }

    private struct Total {
        var bytes: UInt64
        var packets: UInt64
    }

    /// Octets that are counted for a flow: a dictionary's slot, of which it may have left almost two thirds empty.
    package static let cost = 192

    /// Octets of memory that it may take.
    package var limitBytes = Int.max
    /// Records of flows that could not be remembered, since the last look.
    package var refused: UInt64 = 0
    /// Flows in one generation; two are kept, so at most twice as many are remembered.
    private let generationLimit: Int
    private var young: [Key: Total] = [:]
    private var old: [Key: Total] = [:]
    private var forgottenAt: Timestamp?

    /// Octets of memory that it takes, at most.
    var bytes: Int { (young.count + old.count) * Self.cost }

    /// A table of at most twice `generationLimit` flows.
    package init(generationLimit: Int = 8192) {
        self.generationLimit = max(generationLimit, 1)
    }

    /// Replaces the flow's totals with the difference to its last record. `startAsSent` tells flows with the same addresses and ports apart;
    /// `flow.start` must be by our clock already. Where the record told no start, `startAsSent` is `.unknown`.
    package mutating func difference(_ flow: inout Flow, startAsSent: Timestamp, sessionFirstSeen: Timestamp, receivedAt: Timestamp) {
        let key = Key(
            source: flow.source, destination: flow.destination, start: startAsSent,
            ports: UInt32(flow.sourcePort) << 16 | UInt32(flow.destinationPort),
            domain: flow.observationDomain, inputInterface: flow.inputInterface, protocolNumber: flow.protocolNumber,
            direction: flow.direction.rawValue, isReverse: flow.traits.contains(.reverse))
        let total = Total(bytes: flow.bytes, packets: flow.packets)
        // Looked up before room is made, which may forget it.
        let last = young[key] ?? old[key]
        let mayHaveCounted = startAsSent == .unknown || flow.start < max(sessionFirstSeen, forgottenAt ?? sessionFirstSeen)
        let hasRoom = makeRoom(for: key, at: receivedAt)
        if !hasRoom { refused &+= 1 }
        if let last {
            // A total that went back began anew: under the same key, another flow.
            if total.bytes >= last.bytes, total.packets >= last.packets {
                flow.bytes = total.bytes - last.bytes
                flow.packets = total.packets - last.packets
            }
        } else if mayHaveCounted || !hasRoom {
            // Counted whole without being remembered, its total would count again and again.
            flow.bytes = 0
            flow.packets = 0
        }
        guard hasRoom else { return }
        if young.count >= generationLimit, young[key] == nil { beginGeneration(at: receivedAt) }
        young[key] = total
    }

    /// Whether another flow can be remembered; the old generation goes early where there is no room otherwise.
    private mutating func makeRoom(for key: Key, at now: Timestamp) -> Bool {
        guard bytes + Self.cost > limitBytes, young[key] == nil else { return true }
        if !old.isEmpty { beginGeneration(at: now) }
        return bytes + Self.cost <= limitBytes
    }

    private mutating func beginGeneration(at now: Timestamp) {
        if !old.isEmpty { forgottenAt = now }
        old = young
        young = [:]
    }
}
