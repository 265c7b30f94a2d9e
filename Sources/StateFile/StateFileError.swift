/// Why state could not be written or its directory not opened; its description is for the person who has to act.
package struct StateFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or directory.
    package let path: String
    /// What went wrong with it, worded to follow the path.
    package let message: String

    package var description: String { "\(path): \(message)" }
}
