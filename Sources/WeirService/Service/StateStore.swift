import StateFile
import Synchronization

/// What is kept over a restart: the sessions' templates and sampling rates.
struct StateStore: Sendable {
    private static let name = "sessions"
    private static let version = 1

    let directory: StateDirectory

    /// Opens the directory, which is made where it is missing.
    init(path: String) throws(StateFileError) {
        directory = try StateDirectory(path: path)
    }

    /// What an earlier run kept, and a message where it could not be used and was set aside.
    func load() -> (sessions: [SavedSessionState], message: String?) {
        switch directory.read(Self.name, version: Self.version, as: [SavedSessionState].self) {
        case .value(let sessions): (sessions, nil)
        case .absent: ([], nil)
        case .setAside(let message): ([], message)
        }
    }

    /// Writes the state whole, or leaves the file as it was.
    func save(_ sessions: [SavedSessionState]) throws(StateFileError) {
        try directory.write(Self.name, version: Self.version, list: sessions)
    }
}
