import Detection
import StateFile

/// What detection keeps over a restart, in the state directory: the detectors of series, and the edges that were learned.
package struct DetectionStore: Sendable {
    private static let name = "detection"

    private let directory: StateDirectory

    package init(_ directory: StateDirectory) {
        self.directory = directory
    }

    /// Opens the directory at `path`, which is made where it is missing.
    package init(path: String) throws(StateFileError) {
        directory = try StateDirectory(path: path)
    }

    /// What an earlier run kept, nil where it kept nothing, and a message where it could not be used and was set aside.
    package func load() -> (saved: SavedDetection?, message: String?) {
        switch directory.read(Self.name, version: SavedDetection.version, as: SavedDetection.self) {
        case .value(let saved): (saved, nil)
        case .absent: (nil, nil)
        case .setAside(let message): (nil, message)
        }
    }

    /// Writes it whole, or leaves the file as it was.
    package func save(_ saved: SavedDetection) throws(StateFileError) {
        try directory.write(Self.name, version: SavedDetection.version, saved)
    }
}
