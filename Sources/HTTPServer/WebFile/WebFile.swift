import ConfigurationFile
import Glibc
import Synchronization

/// A web configuration file in the format that Prometheus' exporters share, and the certificates that it names; read again when they change.
package final class WebFile: Sendable {
    /// What became of a file that has changed.
    package enum Change: Sendable {
        case takenUp
        /// What was before goes on; why, in words.
        case refused(String)
    }

    private struct State {
        var door: Door
        /// The files as they were when they were last read, whether that went well or not.
        var seen: [String: SmallFile.Identity?]
    }

    /// Where it stands.
    package let path: String
    private let state: Mutex<State>

    /// Reads the file and all that it names. Throws everything that is wrong, with file, line and key.
    package init(path: String) throws(ConfigurationError) {
        self.path = path
        let (read, seen) = Self.read(path)
        state = Mutex(State(door: try read.get(), seen: seen))
    }

    /// Whether connections are encrypted: that holds for as long as the server runs.
    package var hasTLS: Bool { door.credentials != nil }

    /// What holds now.
    var door: Door { state.withLock(\.door) }

    /// Reads the files again if one of them is another one than before; nil where none is.
    package func refresh() -> Change? {
        let seen = state.withLock(\.seen)
        let found = Dictionary(uniqueKeysWithValues: seen.keys.map { ($0, SmallFile.identity($0)) })
        guard found != seen else { return nil }
        let (read, files) = Self.read(path)
        return state.withLock { state in
            // What the door in use was made of is watched on, so that a mistake that is taken back is seen.
            state.seen = found.merging(files) { $1 }
            do throws(ConfigurationError) {
                let door = try read.get()
                guard (door.credentials == nil) == (state.door.credentials == nil) else {
                    return .refused("\(path): tls_server_config has come or gone, which takes effect after a restart")
                }
                state.door = door
                state.seen = files
                return .takenUp
            } catch {
                return .refused(error.description)
            }
        }
    }

    private static func read(_ path: String) -> (door: Result<Door, ConfigurationError>, files: [String: SmallFile.Identity?]) {
        var reading = DoorReading(now: time(nil))
        reading.willRead(path)
        let door = Result { () throws(ConfigurationError) in
            try ConfigurationFile(path: path).decode { root in
                Door(from: root, &reading)
            }
        }
        return (door, reading.files)
    }
}
