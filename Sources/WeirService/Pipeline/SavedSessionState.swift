import Exporters
import FlowProtocols

/// What is kept of a session over a restart, so that decoding resumes with the first datagram.
struct SavedSessionState: Codable, Sendable, Equatable {
    /// How long after its last datagram a session is kept for, nanoseconds: a week.
    static let maximumAge: Int64 = 7 * 86_400_000_000_000

    var key: SessionKey
    /// When it was last heard, seconds since 1970; to the hour, so that hearing it is no reason to write the state again.
    var lastHeard: Int64
    var templates: SavedTemplates
    var exporter: SavedSession
}

/// The same as it is taken out of a shard: what is shared with the session is put into its saved form by `saved()`, where no receive thread waits.
struct HeldSessionState: Sendable {
    var key: SessionKey
    var lastHeard: Int64
    var templates: SessionDecoder.HeldTemplates
    var exporter: HeldSession

    func saved() -> SavedSessionState {
        SavedSessionState(key: key, lastHeard: lastHeard, templates: templates.saved(), exporter: exporter.saved())
    }
}
