import Exporters
import FlowProtocols

/// What is kept of a session over a restart, so that decoding resumes with the first datagram.
package struct SavedSessionState: Codable, Sendable, Equatable {
    /// How long after its last datagram a session is kept for, nanoseconds: a week.
    static let maximumAge: Int64 = 7 * 86_400_000_000_000

    /// Which session.
    package var key: SessionKey
    /// When it was last heard, seconds since 1970; to the hour, so that hearing it is no reason to write the state again.
    package var lastHeard: Int64
    /// Whether the configuration or the identity table names its address; nil in files of earlier versions, for no.
    package var isKnown: Bool?
    /// Whether it has brought records for a minute; nil in files of earlier versions, for no.
    package var isEstablished: Bool?
    /// Its templates.
    package var templates: SavedTemplates
    /// Its sampling rates, and what else the exporter said of itself.
    package var exporter: SavedSession

    /// What is kept of one session.
    package init(
        key: SessionKey, lastHeard: Int64, isKnown: Bool? = nil, isEstablished: Bool? = nil, templates: SavedTemplates, exporter: SavedSession
    ) {
        self.key = key
        self.lastHeard = lastHeard
        self.isKnown = isKnown
        self.isEstablished = isEstablished
        self.templates = templates
        self.exporter = exporter
    }
}

/// The same as it is taken out of a shard: what is shared with the session is put into its saved form by `saved()`, where no receive thread waits.
struct HeldSessionState: Sendable {
    var key: SessionKey
    var lastHeard: Int64
    var isKnown: Bool
    var isEstablished: Bool
    var templates: SessionDecoder.HeldTemplates
    var exporter: HeldSession

    func saved() -> SavedSessionState {
        SavedSessionState(
            key: key, lastHeard: lastHeard, isKnown: isKnown, isEstablished: isEstablished, templates: templates.saved(), exporter: exporter.saved())
    }
}
