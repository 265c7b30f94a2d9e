import FlowModel

/// Data sets that came before their template, bounded by bytes; the caller ends those that wait too long.
struct KeptData {
    /// A data set with what its message's header said.
    struct Entry {
        var version: UInt16
        var domain: UInt32
        var template: UInt16
        var sequenceNumber: UInt32
        var clock: ExportClock
        var receivedAt: Timestamp
        /// Eight octets that stand for the header, then the set's records.
        var octets: [UInt8]
    }

    /// What an entry costs beside its octets: its place in the array, twice since that grows by doubling, and its octets' own header.
    private static let entryCost = 2 * MemoryLayout<Entry>.stride + 48

    private(set) var entries: [Entry] = []
    /// Octets held, the cost of keeping them included.
    private(set) var bytes = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Keeps a set's records; false, and nothing happens, where that is more than `limit` bytes in all.
    mutating func keep(_ records: ByteReader, in message: Message, template: UInt16, receivedAt: Timestamp, limit: Int) -> Bool {
        let cost = records.remaining + 8 + Self.entryCost
        guard bytes + cost <= limit else { return false }
        bytes += cost
        entries.append(
            Entry(
                version: message.version, domain: message.domain, template: template, sequenceNumber: message.sequenceNumber, clock: message.clock,
                receivedAt: receivedAt, octets: [UInt8](repeating: 0, count: 8) + records.copyRemaining()))
        return true
    }

    /// Takes out the entries for which `wanted` is true, in the order they came.
    mutating func take(where wanted: (Entry) -> Bool) -> [Entry] {
        guard entries.contains(where: wanted) else { return [] }
        var taken: [Entry] = []
        // A new array, so that the memory of a large one does not stay.
        var left: [Entry] = []
        for entry in entries {
            if wanted(entry) { taken.append(entry) } else { left.append(entry) }
        }
        entries = left
        bytes = entries.reduce(0) { $0 + $1.octets.count + Self.entryCost }
        return taken
    }

    /// Drops the entries that have waited for more than `age` nanoseconds, and says how many. They stand in the order they came: one look where none has.
    mutating func expire(at now: Timestamp, age: Int64) -> Int {
        guard let oldest = entries.first, now.ends(wait: age + 1, since: oldest.receivedAt) else { return 0 }
        return take { now.ends(wait: age + 1, since: $0.receivedAt) }.count
    }
}
