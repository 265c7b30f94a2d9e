import ConfigurationFile
import Glibc
import Synchronization

/// A web configuration file in the format that Prometheus' exporters share, and the certificates that it names; read again when they change.
package final class WebFile: Sendable {
    /// What became of a file that has changed.
    package enum Change: Sendable, Equatable {
        case takenUp
        /// What was before goes on; why, in words.
        case refused(String)
    }

    private typealias Stamps = [String: FileStamp?]

    /// What is known of the files.
    private struct Watch {
        /// The files as they were when they were last read, whether that went well or not.
        var seen: Stamps
        /// The files as they were at the last look, where they were others than `seen`.
        var changing: Stamps?
    }

    /// Where it stands.
    package let path: String
    private let current: Mutex<Door>
    /// Held while files are read, never by a request.
    private let watch: Mutex<Watch>

    /// Reads the file and all that it names. Throws everything that is wrong, with file, line and key.
    package init(path: String) throws(ConfigurationError) {
        self.path = path
        let (read, seen) = Self.read(path)
        current = Mutex(try read.get())
        watch = Mutex(Watch(seen: seen))
    }

    /// Whether connections are encrypted: that holds for as long as the server runs.
    package var hasTLS: Bool { door.credentials != nil }

    /// What holds now.
    var door: Door { current.withLock { $0 } }

    /// Looks at the files, and reads them again where one of them is another one than before; nil where none is, or as long as they are not the same
    /// at two looks in a row: who writes may not have finished.
    package func refresh() -> Change? {
        watch.withLock { watch -> Change? in
            let found = Self.look(at: Set(watch.seen.keys).union(watch.changing.map { Set($0.keys) } ?? []))
            guard watch.seen.contains(where: { $0.value != found[$0.key] }) else {
                watch.changing = nil
                return nil
            }
            guard found == watch.changing else {
                watch.changing = found
                return nil
            }
            let (read, files) = Self.read(path)
            // What is named for the first time has not been looked at twice, and any of them may have changed meanwhile.
            let after = found.merging(Self.look(at: files.keys)) { $1 }
            guard after == found, found.merging(files, uniquingKeysWith: { $1 }) == found else {
                watch.changing = after
                return nil
            }
            watch.changing = nil
            // What the door in use was made of is watched on, so that a mistake that is taken back is seen.
            watch.seen = found
            do throws(ConfigurationError) {
                let next = try read.get()
                if let opening = door.opening(towards: next) { return .refused("\(path): \(opening), which takes effect after a restart") }
                current.withLock { $0 = next }
                watch.seen = files
                return .takenUp
            } catch {
                return .refused(error.description)
            }
        }
    }

    private static func look(at files: some Sequence<String>) -> Stamps {
        files.reduce(into: [:]) { $0.updateValue(FileStamp(path: $1), forKey: $1) }
    }

    private static func read(_ path: String) -> (door: Result<Door, ConfigurationError>, files: Stamps) {
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
