import FlowModel

/// What was counted at the source's node and at the destination's, pair by pair and minute by minute, until both have told all of a minute: then the minute
/// is added to the totals of both, or, where either may have told too little, to neither.
///
/// A state machine without clock and locks. A minute waits for as long as the slower of both exporters takes to tell of a packet (the longest it has taken
/// within the last ten to twenty minutes, a minute at least), and 20 s.
package struct NodeIntervals: Sendable {
    private struct Node: Sendable {
        let name: String
        /// From this minute on it has been heard without a break.
        var since: Int64
        /// Up to this minute something was wrong, and what.
        var troubledUntil: Int64 = -1
        var trouble = Result.silent
        var heard = Timestamp.unknown
        /// Whether its exporter may be sampling, for all that is known by now: of minutes that wait this may turn out to have been wrong.
        var mayBeSampled = false
        var sessions: UInt64 = 0
        /// The longest delay in this and in the last window.
        var delay: Int64 = 0
        var lastDelay: Int64 = 0

        var patience: Int64 { max(delay, lastDelay, NodeIntervals.leastDelay) }
    }

    fileprivate struct Minute: Sendable, BitwiseCopyable {
        var number: Int64 = -1
        var sent: UInt64 = 0
        var received: UInt64 = 0
    }

    fileprivate struct Pair: Sendable {
        let source: Int
        let destination: Int
        var sent: UInt64 = 0
        var received: UInt64 = 0
        /// Minutes up to this one are closed.
        var closed: Int64 = -1
        var used: Timestamp
        var minutes = InlineArray<12, Minute>(repeating: Minute())
    }

    /// Pairs of nodes, at most.
    package static let limit = 65_536
    static let leastDelay: Int64 = 60_000_000_000
    private static let mostDelay: Int64 = 300_000_000_000
    /// Nanoseconds between two looks at all of it.
    private static let step: Int64 = 10_000_000_000
    private static let slack: Int64 = 20_000_000_000
    /// Nanoseconds after which a minute is not waited for any longer.
    private static let patience: Int64 = 480_000_000_000
    private static let delayWindow: Int64 = 600_000_000_000
    /// Nanoseconds after which a pair without packets is forgotten: an hour.
    private static let memory: Int64 = 3_600_000_000_000
    private static let minute = NodeTrafficBuffer.interval

    private var nodes: [Node] = []
    private var nodeOfName: [String: Int] = [:]
    private var pairs: [UInt64: Pair] = [:]
    private var advanced = Timestamp.unknown
    private var delayWindowStart = Timestamp.unknown
    private var dropsUntil: Int64 = -1
    private var refusedUntil: Int64 = -1
    private var notBefore: Int64
    /// What became of the minutes.
    package private(set) var results: [Result: UInt64] = [:]

    /// Nothing. `start`: minutes before it are not whole.
    package init(start: Timestamp) {
        notBefore = start.nanoseconds / Self.minute + 1
    }

    // MARK: What comes

    /// Takes in how a node's exporter is doing.
    package mutating func take(_ report: NodeReport, of name: String, at now: Timestamp) {
        let current = now.nanoseconds / Self.minute
        let index: Int
        if let known = nodeOfName[name] {
            index = known
        } else {
            guard nodes.count < Self.limit else { return }
            index = nodes.count
            nodes.append(Node(name: name, since: current + 1))
            nodeOfName[name] = index
            nodes[index].sessions = report.sessions
        }
        // A session that came or went: what it had not told yet may never come.
        if nodes[index].sessions != report.sessions { nodes[index].since = current + 1 }
        nodes[index].sessions = report.sessions
        nodes[index].mayBeSampled = report.mayBeSampled
        nodes[index].heard = max(nodes[index].heard, report.heard)
        nodes[index].delay = max(nodes[index].delay, report.delay)
        if let trouble = report.trouble {
            nodes[index].troubledUntil = current
            nodes[index].trouble = .troubled(trouble)
        }
    }

    /// Takes in that datagrams were dropped before anybody could see whose they were.
    package mutating func noteReceiveDrops(at now: Timestamp) { dropsUntil = now.nanoseconds / Self.minute }

    /// Takes in that records found no room, of whichever nodes.
    package mutating func noteRefused(at now: Timestamp) { refusedUntil = now.nanoseconds / Self.minute }

    /// Takes in packets between two nodes that have reported.
    package mutating func add(
        from source: String, to destination: String, _ side: NodeTrafficBuffer.Side, minute: Int64, packets: UInt64, at now: Timestamp
    ) {
        guard let from = nodeOfName[source], let to = nodeOfName[destination] else { return }
        let key = UInt64(from) << 32 | UInt64(to)
        if pairs[key] == nil {
            guard pairs.count < Self.limit else { return count(.noRoom) }
            pairs[key] = Pair(source: from, destination: to, used: now)
        }
        guard let closed = pairs[key]?.closed, minute > closed else {
            // It takes longer than it was given: the open minutes are not complete, either.
            for index in [from, to] where nodes[index].troubledUntil < now.nanoseconds / Self.minute {
                nodes[index].troubledUntil = now.nanoseconds / Self.minute
                nodes[index].trouble = .late
            }
            return
        }
        pairs[key]?.used = now
        pairs[key]?.note(side, minute, packets)
    }

    // MARK: By time

    /// Closes the minutes of which everything has been told, or will not be told any more.
    package mutating func advance(to now: Timestamp) {
        guard now.ends(wait: Self.step, since: advanced) else { return }
        if advanced != .unknown, now < advanced {
            // The clock was set back: minutes have other numbers now, and what stood in them is not comparable.
            (nodes, nodeOfName, pairs) = ([], [:], [:])
            (dropsUntil, refusedUntil, notBefore) = (-1, -1, now.nanoseconds / Self.minute + 1)
            delayWindowStart = now
        }
        advanced = now
        if now.ends(wait: Self.delayWindow, since: delayWindowStart) {
            delayWindowStart = now
            for index in nodes.indices {
                nodes[index].lastDelay = nodes[index].delay
                nodes[index].delay = 0
            }
        }
        for key in Array(pairs.keys) {
            guard var pair = pairs[key] else { continue }
            if now.ends(wait: Self.memory, since: pair.used) {
                pairs[key] = nil
                continue
            }
            for slot in pair.minutes.indices where pair.minutes[slot].number >= 0 {
                guard let result = result(of: pair.minutes[slot].number, pair, at: now) else { continue }
                pair.close(slot, isCounted: result == .counted)
                count(result)
            }
            pairs[key] = pair
        }
    }

    /// Closes everything: nothing else is to come, and what came is all there was.
    package mutating func close() {
        for key in Array(pairs.keys) {
            guard var pair = pairs[key] else { continue }
            let (source, destination) = (nodes[pair.source], nodes[pair.destination])
            for slot in pair.minutes.indices where pair.minutes[slot].number >= 0 {
                let minute = pair.minutes[slot].number
                let result = trouble(of: minute, source, destination) ?? .counted
                pair.close(slot, isCounted: result == .counted)
                count(result)
            }
            pairs[key] = pair
        }
    }

    /// The totals, by the names of the nodes.
    package var totals: [Total] {
        pairs.values.filter { $0.closed >= 0 }
            .map { Total(source: nodes[$0.source].name, destination: nodes[$0.destination].name, sent: $0.sent, received: $0.received) }
            .sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
    }

    /// What becomes of a pair's minute; nil: it is too early to say.
    private func result(of minute: Int64, _ pair: Pair, at now: Timestamp) -> Result? {
        let end = Timestamp(nanoseconds: (minute + 1) &* Self.minute)
        let (source, destination) = (nodes[pair.source], nodes[pair.destination])
        let patience = max(source.patience, destination.patience)
        // The clock was set back by far.
        guard end.since(now) < Self.patience else { return .silent }
        guard now.since(end) >= min(patience, Self.mostDelay) + Self.slack else { return nil }
        if patience > Self.mostDelay { return .late }
        if let trouble = trouble(of: minute, source, destination) { return trouble }
        if minute < max(source.since, destination.since, notBefore) { return .silent }
        let isToldOf = source.heard.since(end) >= source.patience && destination.heard.since(end) >= destination.patience
        return isToldOf ? .counted : now.since(end) >= Self.patience ? .silent : nil
    }

    private func trouble(of minute: Int64, _ source: Node, _ destination: Node) -> Result? {
        if minute <= dropsUntil { return .receiveDrops }
        if minute <= refusedUntil { return .noRoom }
        if source.mayBeSampled || destination.mayBeSampled { return .troubled(.sampled) }
        if minute <= source.troubledUntil { return source.trouble }
        return minute <= destination.troubledUntil ? destination.trouble : nil
    }

    private mutating func count(_ result: Result) { results[result, default: 0] &+= 1 }
}

extension NodeIntervals.Pair {
    fileprivate mutating func note(_ side: NodeTrafficBuffer.Side, _ number: Int64, _ packets: UInt64) {
        let slot = Int(number % Int64(minutes.count))
        // One that is older than all the others have become: nobody waits as long as that.
        if minutes[slot].number != number { minutes[slot] = NodeIntervals.Minute(number: number) }
        switch side {
        case .sent: minutes[slot].sent &+= packets
        case .received: minutes[slot].received &+= packets
        }
    }

    fileprivate mutating func close(_ slot: Int, isCounted: Bool) {
        closed = max(closed, minutes[slot].number)
        if isCounted {
            sent &+= minutes[slot].sent
            received &+= minutes[slot].received
        }
        minutes[slot] = NodeIntervals.Minute()
    }
}
