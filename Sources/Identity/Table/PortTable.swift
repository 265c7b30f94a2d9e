/// Where something listens, as Services and containers tell; a place may be told several times.
struct PortTable: Sendable {
    private var places = PartedDictionary<TransportAddress, Int32>()
    /// A bit for each port that was ever told of: most ports of clients are looked for no further. Empty before the first.
    private var ports: [UInt64] = []

    mutating func add(_ place: TransportAddress) {
        note(place.port)
        places[place] = (places[place] ?? 0) + 1
    }

    /// Takes back what was added once.
    mutating func remove(_ place: TransportAddress) {
        places[place] = places[place].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// Says that a port is one of those that are worth looking for, here or elsewhere.
    mutating func note(_ port: UInt16) {
        guard !mayHave(port) else { return }
        if ports.isEmpty { ports = [UInt64](repeating: 0, count: 1 << 10) }
        ports[Int(port >> 6)] |= 1 << UInt64(port & 63)
    }

    /// Whether the port was ever told of.
    func mayHave(_ port: UInt16) -> Bool {
        !ports.isEmpty && ports[Int(port >> 6)] >> UInt64(port & 63) & 1 == 1
    }

    func contains(_ place: TransportAddress) -> Bool { places[place] != nil }
}
