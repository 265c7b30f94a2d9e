import Foundation

/// The repository that the tests stand in, wherever they are run from.
package enum Repository {
    /// Its folder.
    package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Reads a file of it.
    package static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    /// The files of one of its folders whose names end so, by name.
    package static func files(in path: String, ending: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder.appending(path: path).resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(ending) }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
