import FlowModel

/// The sessions that are kept over a restart, in this run's words where it has heard them, else in the earlier run's.
package struct KeptSessions: Sendable {
    /// Places for sessions, and for the fields of all their templates together.
    private struct Room {
        var sessions: Int
        var fields: Int

        func has(_ fields: Int) -> Bool { sessions > 0 && fields <= self.fields }

        mutating func take(_ fields: Int) {
            sessions -= 1
            self.fields -= fields
        }
    }

    /// 262,144 fields make a file of about 20 MB.
    private static let room = Room(sessions: 4096, fields: 1 << 18)
    /// What those may have of it that are neither known nor established: so much is forged easily.
    private static let roomForNew = Room(sessions: room.sessions / 2, fields: room.fields / 2)

    private var sessions: [SessionKey: SavedSessionState]
    /// Whether there is something new since it was last written.
    package var isChanged = false

    /// What an earlier run has kept.
    package init(_ saved: [SavedSessionState]) {
        sessions = Dictionary(saved.map { ($0.key, $0) }) { $1 }
    }

    /// In a stable order.
    package var sorted: [SavedSessionState] {
        sessions.values.sorted { $0.key.isBefore($1.key) }
    }

    /// Takes in sessions that have changed; leaves out what is too old, and what there is no room for: those known first, then those established, each
    /// with the one heard last first. What is too large for the room that is left takes none from those after it.
    package mutating func take(_ changed: [SavedSessionState], at now: Timestamp) {
        for session in changed {
            var session = session
            // What it has shown in an earlier run is not forgotten until it has been heard for a minute in this one.
            if let known = sessions[session.key], known.hasShownItself { session.isEstablished = true }
            guard sessions[session.key] != session else { continue }
            sessions[session.key] = session
            isChanged = true
        }
        let oldest = now.advanced(by: -SavedSessionState.maximumAge).nanoseconds / 1_000_000_000
        var (room, roomForNew) = (Self.room, Self.roomForNew)
        let kept = sessions.values.filter { $0.lastHeard >= oldest }.sorted { $0.isWorthMore(than: $1) }.filter { session in
            let fields = session.fieldCount
            guard room.has(fields) else { return false }
            if !session.isOfStanding {
                guard roomForNew.has(fields) else { return false }
                roomForNew.take(fields)
            }
            room.take(fields)
            return true
        }
        guard kept.count < sessions.count else { return }
        sessions = Dictionary(kept.map { ($0.key, $0) }) { $1 }
        isChanged = true
    }
}

extension SavedSessionState {
    fileprivate var isNamed: Bool { isKnown ?? false }
    fileprivate var hasShownItself: Bool { isEstablished ?? false }
    fileprivate var isOfStanding: Bool { isNamed || hasShownItself }

    fileprivate var fieldCount: Int { templates.templates.reduce(0) { $0 + $1.fields.count } }

    /// The order in which sessions are kept; two sessions never stand at the same place of it, so that it is the same each time.
    fileprivate func isWorthMore(than other: SavedSessionState) -> Bool {
        if isNamed != other.isNamed { return isNamed }
        if hasShownItself != other.hasShownItself { return hasShownItself }
        return lastHeard == other.lastHeard ? key.isBefore(other.key) : lastHeard > other.lastHeard
    }
}

extension SessionKey {
    fileprivate func isBefore(_ other: SessionKey) -> Bool {
        (address, sourcePort, localPort, connection) < (other.address, other.sourcePort, other.localPort, other.connection)
    }
}
