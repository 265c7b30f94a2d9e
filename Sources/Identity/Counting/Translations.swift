import FlowModel

/// Which backend answered a client lately, by the client's side of the connection: what a Service's address was translated to.
///
/// Learned from every record that shows both real ends, of which one backs a Service. Bounded: 65,536 connections in sets of four, of which the one
/// not seen for longest makes room.
package struct Translations: Sendable {
    private struct Entry: Sendable {
        var client: TransportAddress
        var backend: TransportAddress
        var seen: Timestamp
    }

    /// After so many nanoseconds without a record, a translation is no longer believed: 10 min, over which any active timeout has passed.
    static let maximumAge: Int64 = 600_000_000_000
    private static let ways = 4
    private static let sets = 1 << 14

    private var entries: [Entry?]
    private let seed: UInt64

    /// Nothing known. Keys come from outside: `seed` is mixed into the hash.
    package init(seed: UInt64 = 0) {
        self.seed = seed
        entries = []
    }

    /// Takes in that `client` talks with `backend`.
    package mutating func learn(client: TransportAddress, backend: TransportAddress, at now: Timestamp) {
        if entries.isEmpty { entries = [Entry?](repeating: nil, count: Self.sets * Self.ways) }
        let places = self.places(of: client)
        var oldest = places.lowerBound
        for place in places {
            guard let entry = entries[place] else {
                oldest = place
                break
            }
            if entry.client == client, entry.backend == backend {
                entries[place]?.seen = max(entry.seen, now)
                return
            }
            if let candidate = entries[oldest], entry.seen < candidate.seen { oldest = place }
        }
        entries[oldest] = Entry(client: client, backend: backend, seen: now)
    }

    /// The backend of `service` that answered `client` last; nil where none is known.
    package func backend(of service: TransportAddress, for client: TransportAddress, at now: Timestamp, in identity: IdentitySnapshot)
        -> TransportAddress?
    {
        guard !entries.isEmpty else { return nil }
        var latest: Entry?
        for place in places(of: client) {
            guard let entry = entries[place], entry.client == client, now.since(entry.seen) < Self.maximumAge,
                identity.isBackend(entry.backend, of: service)
            else { continue }
            if latest.map({ $0.seen < entry.seen }) ?? true { latest = entry }
        }
        return latest?.backend
    }

    private func places(of client: TransportAddress) -> Range<Int> {
        let hash = client.address.mixed(seed: seed ^ UInt64(client.port) << 8 ^ UInt64(client.protocolNumber))
        let first = Int(truncatingIfNeeded: hash) & (Self.sets - 1)
        return first * Self.ways..<(first + 1) * Self.ways
    }
}
