import FlowModel

/// Keeps monotonic totals of exporters' interface counters, for `weir_interface_{octets,packets,discards,errors}_total`.
///
/// An exporter's own running total is exposed as it is, from its first sample on: the counter began when the interface came up, and Prometheus wants
/// counters so. Packets, discards and errors are 32 bits wide in sFlow and wrap (10 million packets a second take seven minutes for it): a value that goes
/// back by more than half the range has wrapped, and the total goes on; one that goes back by less is kept as it was. When octets (64 bits, which do not wrap) go back, the exporter or the interface has begun anew: all totals
/// begin anew with it, which Prometheus takes for a counter reset.
package struct InterfaceTotals: Sendable {
    /// What one direction counted.
    package struct Direction: Sendable, Equatable {
        package fileprivate(set) var octets: UInt64 = 0
        package fileprivate(set) var packets: UInt64 = 0
        package fileprivate(set) var discards: UInt64 = 0
        package fileprivate(set) var errors: UInt64 = 0
    }

    /// One interface of one exporter.
    package struct Row: Sendable, Equatable {
        package let exporter: IPAddress
        /// Sub-agent, observation domain.
        package let domain: UInt32
        /// ifIndex.
        package let index: UInt32
        /// Bit/s; 0 where unknown.
        package fileprivate(set) var speed: UInt64 = 0
        package fileprivate(set) var input = Direction()
        package fileprivate(set) var output = Direction()
        package fileprivate(set) var lastSeen = Timestamp.unknown
        fileprivate var last = InterfaceCounters()
    }

    private struct Key: Hashable {
        var exporter: IPAddress
        var domain: UInt32
        var index: UInt32
    }

    private let limit: Int
    private let limitOfExporter: Int
    private var rows: [Key: Row] = [:]
    private var interfaces: [IPAddress: Int] = [:]
    /// Samples of interfaces that were refused because their exporter has too many.
    package private(set) var refusedOfExporter: UInt64 = 0
    /// Samples of interfaces that were refused because there are too many in all.
    package private(set) var refusedInAll: UInt64 = 0
    /// Samples of interfaces for which there was no room.
    package var refused: UInt64 { refusedOfExporter &+ refusedInAll }
    /// Interfaces held.
    package var count: Int { rows.count }

    /// Octets that one interface takes at most.
    package static let cost = (MemoryLayout<Key>.stride + MemoryLayout<Row>.stride) * 8 / 3

    /// Totals of at most `limit` interfaces, `limitOfExporter` of one exporter.
    package init(limit: Int = 16_384, limitOfExporter: Int = 4096) {
        self.limit = limit
        self.limitOfExporter = limitOfExporter
    }

    /// Takes in a sample of one interface.
    ///
    /// - Parameter isNew: from an exporter of which not much is known: half of the room is not for such, and an eighth of an exporter's has to do.
    package mutating func take(_ counters: InterfaceCounters, from exporter: IPAddress, isNew: Bool = false, at now: Timestamp) {
        let key = Key(exporter: exporter, domain: counters.observationDomain, index: counters.index)
        guard var row = rows[key] else {
            guard interfaces[exporter, default: 0] < (isNew ? max(1, limitOfExporter / 8) : limitOfExporter) else {
                refusedOfExporter &+= 1
                return
            }
            guard rows.count < (isNew ? limit / 2 : limit) else {
                refusedInAll &+= 1
                return
            }
            var row = Row(exporter: exporter, domain: key.domain, index: key.index)
            row.begin(with: counters, at: now)
            rows[key] = row
            interfaces[exporter, default: 0] += 1
            return
        }
        row.goOn(with: counters, at: now)
        rows[key] = row
    }

    /// Takes in another table's interfaces; where both have one, the one heard last holds.
    package mutating func merge(_ other: InterfaceTotals) {
        rows.merge(other.rows) { $0.lastSeen < $1.lastSeen ? $1 : $0 }
    }

    /// Forgets interfaces of which nothing was heard since then.
    package mutating func retire(before moment: Timestamp) {
        guard rows.contains(where: { $0.value.lastSeen < moment }) else { return }
        rows = rows.filter { $0.value.lastSeen >= moment }
        interfaces = rows.values.reduce(into: [:]) { $0[$1.exporter, default: 0] += 1 }
    }

    /// All interfaces, each with the value of its `interface` label (its name as `name` tells it, else its index), ascending by exporter, domain and
    /// index. A name that an exporter gives to several interfaces is followed by the index in all but the first, so that no series comes twice.
    package func labelledRows(name: (_ exporter: IPAddress, _ domain: UInt32, _ index: UInt32) -> String?) -> [(label: String, row: Row)] {
        var taken: [IPAddress: Set<String>] = [:]
        return rows.values.sorted { ($0.exporter, $0.domain, $0.index) < ($1.exporter, $1.domain, $1.index) }.map { row in
            var label = name(row.exporter, row.domain, row.index) ?? "\(row.index)"
            if !taken[row.exporter, default: []].insert(label).inserted {
                label += " (\(row.domain).\(row.index))"
                taken[row.exporter, default: []].insert(label)
            }
            return (label, row)
        }
    }
}

extension InterfaceTotals.Row {
    fileprivate mutating func begin(with counters: InterfaceCounters, at now: Timestamp) {
        input = .init(beginningWith: counters.input)
        output = .init(beginningWith: counters.output)
        note(counters, at: now)
    }

    fileprivate mutating func goOn(with counters: InterfaceCounters, at now: Timestamp) {
        let wentBack = counters.input.octets < last.input.octets || counters.output.octets < last.output.octets
        let age = last.sequenceNumber &- counters.sequenceNumber
        if age >= 1, age <= 16, counters.input.octets <= last.input.octets, counters.output.octets <= last.output.octets, last.sequenceNumber > 16 {
            // An earlier sample that came late.
            return
        }
        if wentBack {
            begin(with: counters, at: now)
        } else {
            input.goOn(from: last.input, to: counters.input)
            output.goOn(from: last.output, to: counters.output)
            note(counters, at: now)
        }
    }

    private mutating func note(_ counters: InterfaceCounters, at now: Timestamp) {
        speed = counters.speed
        lastSeen = now
        last = counters
    }
}

extension InterfaceTotals.Direction {
    fileprivate init(beginningWith counters: InterfaceCounters.Direction) {
        octets = counters.octets
        packets = UInt64(counters.unicastPackets) + UInt64(counters.multicastPackets) + UInt64(counters.broadcastPackets)
        discards = UInt64(counters.discards)
        errors = UInt64(counters.errors)
    }

    fileprivate mutating func goOn(from last: InterfaceCounters.Direction, to now: InterfaceCounters.Direction) {
        octets &+= now.octets - last.octets
        packets &+= Self.step(last.unicastPackets, now.unicastPackets)
        packets &+= Self.step(last.multicastPackets, now.multicastPackets)
        packets &+= Self.step(last.broadcastPackets, now.broadcastPackets)
        discards &+= Self.step(last.discards, now.discards)
        errors &+= Self.step(last.errors, now.errors)
    }

    /// How far a 32-bit counter went on, over its wrap; a small step back is none, and not a whole round.
    private static func step(_ last: UInt32, _ now: UInt32) -> UInt64 {
        let step = now &- last
        return now >= last || step < 1 << 31 ? UInt64(step) : 0
    }
}
