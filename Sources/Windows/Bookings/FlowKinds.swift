import FlowModel
import Identity

/// Numbers that stand for what flows have in common that are booked as one: the ends, where to, the port that may serve, who told, and all that decides what is made of
/// them. A client's port is left out, or each of its connections would be a kind of its own.
///
/// 64 bits of a hash that nobody outside can foresee: of the kinds that a buffer holds two share a number once in a lifetime.
struct FlowKinds: Sendable {
    private let seeds: (UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var generator = seed
        func next() -> UInt64 {
            generator &+= 0x9E37_79B9_7F4A_7C15
            return Self.folded(generator ^ generator >> 32, 0xD6E8_FEB8_6659_FD93) ^ generator
        }
        seeds = (next(), next(), next())
    }

    @inline(__always)
    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private static let traits = Flow.Traits([.packetSample, .hasTCPFlags]).rawValue

    /// The number of a flow's kind.
    @inline(__always)
    func number(of flow: borrowing Flow, _ ends: PairOfEnds, exporter: ExporterNumber, isSampled: Bool) -> UInt64 {
        let (ports, isShort) = Self.ports(flow)
        let flags = UInt64(flow.tcpFlags.rawValue) & UInt64(Booking.syn | Booking.rst | Booking.ack)
        let made = UInt64(exporter.rawValue) << 48 | UInt64(flow.exportProtocol.rawValue) << 40 | UInt64(flow.traits.rawValue & Self.traits) << 24
        let marks =
            made | UInt64(flow.protocolNumber) << 16 | UInt64(flow.typeOfService) << 8 | flags << 1 | (isShort ? 1 : 0) | (isSampled ? 1 << 7 : 0)
        let place = Self.folded(ends.key ^ seeds.0, flow.destination.low ^ seeds.1)
        let what = Self.folded(UInt64(ports) << 32 ^ UInt64(flow.samplingRate) ^ seeds.1, marks ^ seeds.2)
        return Self.folded(place ^ seeds.2, what ^ flow.destination.high ^ seeds.0)
    }

    /// TCP, UDP, SCTP.
    @inline(__always)
    private static func hasPorts(_ transport: UInt8) -> Bool {
        (1 << 6 | 1 << 17) >> UInt64(transport & 63) & (transport < 64 ? 1 : 0) == 1 || transport == 132
    }

    /// Both ports, without one that can't be a service's by what `ServiceSide` goes by; and whether it goes by how few packets there were.
    ///
    /// Of branches there are only those that are seldom taken.
    @inline(__always)
    private static func ports(_ flow: borrowing Flow) -> (UInt32, isShort: Bool) {
        let (from, to) = (UInt32(flow.sourcePort), UInt32(flow.destinationPort))
        let both = from << 16 | to
        let transport = flow.protocolNumber
        guard hasPorts(transport), from != 0, to != 0 else { return (both, false) }
        let isFromHigh = from >= UInt32(ServiceSide.ephemeral)
        let isToHigh = to >= UInt32(ServiceSide.ephemeral)
        let flags = UInt8(truncatingIfNeeded: flow.tcpFlags.rawValue) & (Booking.syn | Booking.rst | Booking.ack)
        let isAnswer = flags == Booking.syn | Booking.ack || flags == Booking.rst | Booking.ack
        let isShort = flow.packets <= 2
        if _slowPath(flags == Booking.syn && transport == 6) { return (isFromHigh ? to : both, false) }
        if _slowPath(isAnswer && isShort && transport == 6) {
            return (isToHigh ? from << 16 : both, true)
        }
        let keptFrom = isFromHigh && !isToHigh ? 0 : from << 16
        let keptTo = isToHigh && !isFromHigh ? 0 : to
        return (keptFrom | keptTo, false)
    }
}
