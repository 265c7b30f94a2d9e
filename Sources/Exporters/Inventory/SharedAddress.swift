import FlowModel

/// Finds sessions of one address that cannot be one exporter's: address translation stands in front of Weir.
enum SharedAddress {
    /// Nanoseconds for which two sessions must have been alive together: a restarted exporter's old session is not.
    private static let overlap: Int64 = 60_000_000_000
    /// Numbers closer than this may be one run, sent twice.
    private static let closeness: UInt32 = 64

    /// Sessions that are compared, those heard last: forged source ports must not make this slow.
    private static let compared = 64

    /// What contradicts, in words: sessions that came to one port of ours at the same time, number the same protocol and domain, each without gaps, and
    /// differently; or that speak for different sFlow agents.
    static func contradictions(between sessions: [SessionStatus]) -> [String] {
        let sessions = sessions.count <= compared ? sessions : Array(sessions.sorted { $0.lastSeen > $1.lastSeen }.prefix(compared))
        var words: [String] = []
        for (index, one) in sessions.enumerated() {
            for other in sessions[(index + 1)...] where other.localPort == one.localPort && areConcurrent(one, other) {
                for stream in one.streams {
                    guard let twin = other.streams.first(where: { $0.exportProtocol == stream.exportProtocol && $0.domain == stream.domain }) else {
                        continue
                    }
                    let what = "\(stream.exportProtocol.label) domain \(stream.domain) comes from ports \(one.sourcePort) and \(other.sourcePort)"
                    if stream.agent != twin.agent {
                        words.append("\(what) for different sFlow agents: \(stream.agent), \(twin.agent)")
                    } else if isWhole(stream), isWhole(twin), isApart(stream.next, twin.next) {
                        words.append("\(what) with sequence numbers of their own: \(stream.next ?? 0), \(twin.next ?? 0)")
                    }
                }
                // A few are enough to say it.
                if words.count >= 4 { return words }
            }
        }
        return words
    }

    private static func areConcurrent(_ one: SessionStatus, _ other: SessionStatus) -> Bool {
        min(one.lastSeen, other.lastSeen).since(max(one.firstSeen, other.firstSeen)) >= overlap
    }

    /// Whether hardly anything is missing: one run split over two ports would leave gaps in both.
    private static func isWhole(_ stream: SessionStatus.Stream) -> Bool {
        stream.received >= 4 && stream.lost <= stream.received / 16
    }

    private static func isApart(_ one: UInt32?, _ other: UInt32?) -> Bool {
        guard let one, let other else { return false }
        return min(one &- other, other &- one) > closeness
    }
}
