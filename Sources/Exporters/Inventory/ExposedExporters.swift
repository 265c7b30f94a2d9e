import FlowModel

/// The exporters as a scrape shows them, with counters that never go back while they are shown.
///
/// At most so many exporters have series of their own; what is counted of all others stands in the rest. Each exporter's counters begin when it gets series
/// of its own: what was counted of it in the rest before stays there. When its series end, because another exporter takes its place or because it is
/// forgotten, their counts go over to the rest. So all series together are always what was counted of all sessions.
package struct ExposedExporters: Sendable {
    /// An exporter with series of its own.
    fileprivate struct Shown {
        /// As exposed last.
        var counts: ExporterCounts
        /// All that was counted of its address, at most so far.
        var counted: ExporterCounts
    }

    private let limit: Int
    private var shown: [IPAddress: Shown] = [:]
    /// Addresses that were in the rest the last time.
    private var others: Set<IPAddress> = []
    /// The rest as exposed last; nil before there is any.
    private var rest: ExporterStatus?
    /// How many exporters' ended sessions had been added to the rest by then.
    private var folded: UInt64 = 0

    /// At most `limit` exporters by themselves.
    package init(limit: Int = 1024) {
        self.limit = limit
    }

    /// The exporters by themselves (those configured first, then those that have brought records; of these, those that were shown before, then the ones known
    /// for longest), ascending by address; the others together, with what was counted of forgotten sessions, as the last, once there are any.
    package mutating func expose(_ sessions: [SessionStatus], configuration: ExportersConfiguration) -> [ExporterStatus] {
        let ranked = ranked(sessions, configuration)
        let chosen = Set(ranked.prefix(limit))
        let exporters = ExporterInventory.exportersByAddress(sessions.filter { chosen.contains($0.address) }, configuration: configuration)
        let remaining = ExporterInventory.together(sessions.filter { !chosen.contains($0.address) })
        var total = ExporterCounts(remaining)
        var own = ExporterCounts()
        // Ended sessions of an exporter may have gone over to the rest since: the others go on from what is left.
        let folded = sessions.reduce(0) { $0 &+ $1.folded }
        let mayHaveLost = folded != self.folded
        var nowShown: [IPAddress: Shown] = [:]
        var exposed: [ExporterStatus] = []
        for (address, exporter) in exporters {
            let counted = ExporterCounts(exporter)
            total.add(counted)
            var row = shown[address] ?? Shown(counts: ExporterCounts(), counted: others.contains(address) ? counted : ExporterCounts())
            row.advance(to: counted, mayHaveLost: mayHaveLost)
            own.add(row.counts)
            nowShown[address] = row
            exposed.append(row.counts.written(over: exporter))
        }
        shown = nowShown
        others = Set(ranked.dropFirst(limit))
        self.folded = folded
        // What is counted of nobody shown; never less than before.
        total.subtract(own)
        if let rest { total.raise(to: ExporterCounts(rest)) }
        guard rest != nil || sessions.contains(where: { !chosen.contains($0.address) }) || !total.isZero else { return exposed }
        let newRest = remaining.carrying(rest, counts: total)
        rest = newRest
        return exposed + [newRest]
    }

    /// The addresses, in the order in which they get series of their own.
    private func ranked(_ sessions: [SessionStatus], _ configuration: ExportersConfiguration) -> [IPAddress] {
        let configured = Set(configuration.exporters.map(\.address))
        let addresses = Dictionary(grouping: sessions, by: \.address).filter { !$0.key.isUnspecified }.map { address, sessions in
            (
                address: address, rank: configured.contains(address) ? 0 : sessions.contains { $0.hasRecords } ? 1 : 2,
                isLate: shown[address] == nil ? 1 : 0, since: sessions.map(\.firstSeen).min() ?? .unknown
            )
        }
        guard addresses.count > limit else { return addresses.map(\.address) }
        return addresses.sorted { ($0.rank, $0.isLate, $0.since, $0.address) < ($1.rank, $1.isLate, $1.since, $1.address) }.map(\.address)
    }
}

extension ExposedExporters.Shown {
    /// Goes on by what was counted since the last time.
    ///
    /// - Parameter mayHaveLost: whether less than the last time means that ended sessions went over to the rest, and not that one was missed as it ended.
    fileprivate mutating func advance(to now: ExporterCounts, mayHaveLost: Bool) {
        for (series, value) in now.values {
            let before = counted.values[series] ?? 0
            counts.values[series] = (counts.values[series] ?? 0) &+ (value > before ? value - before : 0)
        }
        if mayHaveLost { counted = now } else { counted.raise(to: now) }
    }
}

extension ExporterStatus {
    /// The rest with these counts, and with the protocols that stood in it before.
    fileprivate func carrying(_ earlier: ExporterStatus?, counts: ExporterCounts) -> ExporterStatus {
        var rest = self
        rest.lastSeen = max(lastSeen, earlier?.lastSeen ?? lastSeen)
        for part in earlier?.protocols ?? [] {
            if let index = rest.protocols.firstIndex(where: { $0.name == part.name }) {
                rest.protocols[index].lastSeen = max(rest.protocols[index].lastSeen, part.lastSeen)
            } else {
                var part = part
                part.templates = 0
                rest.protocols.append(part)
            }
        }
        return counts.written(over: rest)
    }
}
