import FlowModel
import Identity

/// The endpoint numbers that stand for parts of the traffic towards an end, by protocol and service port.
///
/// They are held in the registry, at most so many, and let go of when nothing has counted there for 600 take-overs of the totals. What finds no room counts
/// towards the whole.
package struct DestinationParts: Sendable {
    private struct Slot: Sendable, BitwiseCopyable {
        /// 0: free.
        var key: UInt64 = 0
        var number: UInt32 = 0
        /// When it was used last.
        var turn: UInt32 = 0
    }

    /// What was counted longer ago has been taken over.
    private static let memory: UInt32 = 600
    private static let turnsBetweenReviews: UInt32 = 64
    private static let used: UInt64 = 1 << 63

    let wantsPorts: Bool
    let configuredPorts: ServicePort.Configured
    private let wantsProtocols: Bool
    private let endNames: Int
    private let registry: EndpointRegistry
    private let limit: Int
    private let seed: UInt64
    private var slots = [Slot](repeating: Slot(), count: 256)
    private var count = 0
    private var turn: UInt32 = 0

    /// nil where neither is exposed.
    package init?(_ labels: LabelsConfiguration, registry: EndpointRegistry, limit: Int, seed: UInt64) {
        guard !labels.pairNames.isEmpty else { return nil }
        wantsProtocols = labels.labels.contains(.protocol)
        wantsPorts = labels.labels.contains(.servicePort)
        configuredPorts = ServicePort.Configured(labels.servicePorts)
        endNames = labels.endNames.count
        self.registry = registry
        self.limit = min(limit, 1 << 20)
        self.seed = seed
    }

    /// The number of a part of `destination`, which somebody holds.
    package mutating func number(of destination: EndpointNumber, protocolNumber: UInt8, _ port: ServicePort) -> EndpointNumber {
        // Without a protocol in its labels, what has no port is no part of anything.
        guard wantsProtocols || port != .none else { return destination }
        let key = Self.used | UInt64(destination.rawValue) << 26 | port.code << 8 | (wantsProtocols ? UInt64(protocolNumber) : 0)
        let slot = place(of: key)
        if slots[slot].key == key {
            slots[slot].turn = turn
            return EndpointNumber(rawValue: slots[slot].number)
        }
        guard count < limit else { return destination }
        let values = (wantsProtocols ? [Self.label(ofProtocol: protocolNumber)] : []) + (wantsPorts ? [port.label] : [])
        let number = registry.hold(partOf: destination, endNames: endNames, flow: values)
        slots[slot] = Slot(key: key, number: number.rawValue, turn: turn)
        count += 1
        if count * 2 > slots.count { rebuild(slots, slotCount: slots.count * 2) }
        return number
    }

    /// Says that what was counted until now is taken over; what it does without from now on, for the caller to release.
    package mutating func beginTurn() -> [EndpointNumber] {
        turn &+= 1
        guard turn % Self.turnsBetweenReviews == 0, count > 0 else { return [] }
        let kept = slots.filter { $0.key != 0 && turn &- $0.turn < Self.memory }
        guard kept.count < count else { return [] }
        let left = slots.filter { $0.key != 0 && turn &- $0.turn >= Self.memory }.map { EndpointNumber(rawValue: $0.number) }
        count = kept.count
        var slotCount = 256
        while slotCount < 4 * count { slotCount *= 2 }
        rebuild(kept, slotCount: slotCount)
        return left
    }

    /// Where the key stands, or would.
    private func place(of key: UInt64) -> Int {
        let mask = slots.count - 1
        // The folded multiply of wyhash; keys come from outside.
        let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        var slot = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while slots[slot].key != 0, slots[slot].key != key { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func rebuild(_ old: [Slot], slotCount: Int) {
        slots = [Slot](repeating: Slot(), count: slotCount)
        for slot in old where slot.key != 0 { slots[place(of: slot.key)] = slot }
    }

    /// IANA's keyword for the protocols of clusters, else the number.
    static func label(ofProtocol number: UInt8) -> String {
        switch number {
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        case 58: "icmpv6"
        case 132: "sctp"
        default: "\(number)"
        }
    }
}
