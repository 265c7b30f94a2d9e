import FlowModel
import Identity

/// The edges with traffic in the last hour, bounded.
struct EdgeTable: Sendable {
    /// Edges at most.
    static let limit = 1 << 16
    private static let memory: Int64 = 240

    private struct Row: Sendable {
        var edge: ClosedTick.Edge
        var bytes: Int64 = 0
        var packets: Int64 = 0
        var example: KeptFlow
        var seen: Int64
    }

    private var rows: [Row] = []
    private var index: [ClosedTick.Edge: Int] = [:]
    /// Edges of each source.
    private var counts: [WorkloadNumber: Int] = [:]
    /// Rows with traffic since they were last reported.
    private var fresh: [Int] = []
    /// Edges there was no room for.
    private(set) var refused: UInt64 = 0

    /// Between which workloads edges are.
    var pairs: [WorkloadPair] { rows.map(\.edge.pair) }

    /// Whether an edge is known.
    func contains(_ edge: ClosedTick.Edge) -> Bool { index[edge] != nil }

    /// The edge's row, made where there is none; nil where there is no room. Where room is short, a source with very many has no new ports of its own, so that
    /// one that scans leaves room for others.
    mutating func row(of edge: ClosedTick.Edge, _ booking: borrowing Booking, tick: Int64) -> Int? {
        if let row = index[edge] { return row }
        let held = counts[edge.pair.source, default: 0]
        if rows.count > Self.limit / 4 * 3, held > Self.limit / 4, edge.port != 0 {
            return row(of: ClosedTick.Edge(pair: edge.pair, protocolNumber: edge.protocolNumber, port: 0), booking, tick: tick)
        }
        guard rows.count < Self.limit else {
            refused &+= 1
            return nil
        }
        rows.append(Row(edge: edge, example: booking.kept, seen: tick))
        index[edge] = rows.count - 1
        counts[edge.pair.source] = held + 1
        return rows.count - 1
    }

    /// Adds flows to an edge.
    ///
    /// - Parameter booking: one of them.
    mutating func add(_ booking: borrowing Booking, _ volume: Volume, to row: Int, isReply: Bool, tick: Int64) {
        if rows[row].packets == 0, rows[row].bytes == 0 {
            fresh.append(row)
            if !isReply { rows[row].example = booking.kept }
        }
        rows[row].bytes &+= volume.bytes
        rows[row].packets &+= max(1, volume.packets)
        rows[row].seen = tick
    }

    /// The edges with traffic since the last call.
    mutating func report() -> [ClosedTick.SeenEdge] {
        let seen = fresh.map { row in
            ClosedTick.SeenEdge(edge: rows[row].edge, bytes: rows[row].bytes, packets: rows[row].packets, example: rows[row].example)
        }
        for row in fresh { (rows[row].bytes, rows[row].packets) = (0, 0) }
        fresh.removeAll(keepingCapacity: true)
        return seen
    }

    /// Takes out what was not seen for an hour; whether rows have moved.
    mutating func forgetIdle(at tick: Int64) -> Bool {
        guard fresh.isEmpty, rows.contains(where: { tick - $0.seen > Self.memory }) else { return false }
        rows.removeAll { tick - $0.seen > Self.memory }
        index = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.edge, $0) })
        counts = Dictionary(rows.map { ($0.edge.pair.source, 1) }, uniquingKeysWith: +)
        return true
    }
}

/// Which end of a flow serves, and at which port.
struct ServiceSide: Sendable, Equatable {
    /// 0: none, or both ports are ephemeral.
    var port: UInt16
    /// Whether the flow is the service's answer.
    var isReply: Bool

    /// Linux' first ephemeral port (`ip_local_port_range`).
    static let ephemeral: UInt16 = 32_768

    /// Nil where the flow is of no conversation of its own (an ICMP error, a later fragment).
    ///
    /// - Parameters:
    ///   - workloads: between which it flowed.
    ///   - edges: those that have been seen, in the direction of the flow or in the other one.
    init?(_ booking: Booking, _ identity: IdentitySnapshot, _ workloads: WorkloadPair, _ edges: borrowing EdgeTable) {
        func isKnown(_ port: UInt16, _ isReply: Bool) -> Bool {
            edges.contains(ClosedTick.Edge(pair: workloads.turned(isReply), protocolNumber: booking.protocolNumber, port: port))
        }
        let transport = booking.protocolNumber
        let (from, to) = (booking.sourcePort, booking.destinationPort)
        guard transport == 6 || transport == 17 || transport == 132 else {
            (port, isReply) = (0, false)
            if transport == 1 || transport == 58 {
                // Echo request and reply (RFC 792, RFC 4443); the type stands in the upper half.
                switch to >> 8 {
                case 8, 128: return
                case 0 where transport == 1, 129: isReply = true
                default: return nil
                }
            } else {
                isReply = !isKnown(0, false) && isKnown(0, true)
            }
            return
        }
        guard from != 0 || to != 0 else { return nil }
        let (source, destination) = (booking.source, booking.destination)
        func serves(_ address: IPAddress, _ port: UInt16) -> Bool {
            let place = TransportAddress(address: address, port: port, protocolNumber: transport)
            return identity.isBackend(place) || identity.isServicePort(place)
        }
        isReply = false
        switch (serves(source, from), serves(destination, to)) {
        case (true, false): isReply = true
        case (false, true): isReply = false
        default:
            let flags = booking.tcpFlags & (Booking.syn | Booking.rst | Booking.ack)
            if transport == 6, flags == Booking.syn {
                isReply = false
            } else if transport == 6, booking.packets <= 2, flags == Booking.syn | Booking.ack || flags == Booking.rst | Booking.ack {
                isReply = true
            } else if (from < Self.ephemeral) != (to < Self.ephemeral) {
                isReply = from < Self.ephemeral
            } else if from >= Self.ephemeral, !isKnown(to, false), !isKnown(from, true) {
                port = 0
                isReply = !isKnown(0, false) && isKnown(0, true)
                return
            } else if isKnown(to, false) != isKnown(from, true) {
                isReply = isKnown(from, true)
            } else {
                isReply = from < to
            }
        }
        port = isReply ? from : to
    }
}
