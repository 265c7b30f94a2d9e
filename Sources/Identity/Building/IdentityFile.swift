import FlowModel
import Foundation
import KubernetesObjects

/// The file that names the cluster's addresses, read again when it changes.
package struct IdentityFile: Sendable {
    private struct Stamp: Equatable, Sendable {
        var modified: Date?
        var size: UInt64?
        var number: UInt64?
    }

    package let path: String
    private var stamp: Stamp?
    private var seen: Stamp?

    package init(path: String) {
        self.path = path
    }

    /// Whether the file is not as it was when it was last read, and as it was when this was last asked: a file that is being written is left alone.
    package mutating func isDue() -> Bool {
        let now = Self.stamp(of: path)
        defer { seen = now }
        return now != stamp && now == seen
    }

    /// Reads the file. Throws what is wrong in it; it is not read again then until it changes.
    package mutating func read() throws(ObjectFile.Failure) -> ObjectFile {
        stamp = Self.stamp(of: path)
        return try ObjectFile(path: path)
    }

    private static func stamp(of path: String) -> Stamp {
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        return Stamp(
            modified: attributes?[.modificationDate] as? Date, size: (attributes?[.size] as? NSNumber)?.uint64Value,
            number: (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value)
    }
}
