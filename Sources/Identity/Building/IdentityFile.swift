import ConfigurationFile
import FlowModel
import KubernetesObjects

/// The file that names the cluster's addresses, read again when it changes.
package struct IdentityFile: Sendable {
    package let path: String
    private var stamp: FileStamp?
    private var seen: FileStamp?

    package init(path: String) {
        self.path = path
    }

    /// Whether the file is not as it was when it was last read, and as it was when this was last asked: a file that is being written is left alone.
    package mutating func isDue() -> Bool {
        let now = FileStamp(path: path)
        defer { seen = now }
        return now != stamp && now == seen
    }

    /// Reads the file. Throws what is wrong in it; it is not read again then until it changes.
    package mutating func read() throws(ObjectFile.Failure) -> ObjectFile {
        stamp = FileStamp(path: path)
        return try ObjectFile(path: path)
    }
}
