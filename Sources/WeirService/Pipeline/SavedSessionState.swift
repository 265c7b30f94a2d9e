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
