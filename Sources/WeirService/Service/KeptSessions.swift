import FlowModel

/// The sessions that are kept over a restart, in this run's words where it has heard them, else in the earlier run's.
struct KeptSessions: Sendable {
    /// Sessions kept at most, those heard last.
    private static let maximumSessions = 4096
    /// Fields of all their templates together at most: a file of about 20 MB.
    private static let maximumFields = 1 << 18

    private var sessions: [SessionKey: SavedSessionState]
    /// Whether there is something new since it was last written.
    var isChanged = false

    /// What an earlier run has kept.
    init(_ saved: [SavedSessionState]) {
        sessions = Dictionary(saved.map { ($0.key, $0) }) { $1 }
    }

    /// In a stable order.
    var sorted: [SavedSessionState] {
        sessions.values.sorted { ($0.key.address, $0.key.sourcePort, $0.key.localPort) < ($1.key.address, $1.key.sourcePort, $1.key.localPort) }
    }

    /// Takes in sessions that have changed; leaves out what is too old or too much.
    mutating func take(_ changed: [SavedSessionState], at now: Timestamp) {
        for session in changed where sessions[session.key] != session {
            sessions[session.key] = session
            isChanged = true
        }
        let oldest = now.advanced(by: -SavedSessionState.maximumAge).nanoseconds / 1_000_000_000
        var fields = 0
        let latest = sessions.values.sorted { $0.lastHeard > $1.lastHeard }.prefix(Self.maximumSessions).filter { session in
            fields += session.templates.templates.reduce(0) { $0 + $1.fields.count }
            return session.lastHeard >= oldest && fields <= Self.maximumFields
        }
        guard latest.count < sessions.count else { return }
        sessions = Dictionary(latest.map { ($0.key, $0) }) { $1 }
        isChanged = true
    }
}
