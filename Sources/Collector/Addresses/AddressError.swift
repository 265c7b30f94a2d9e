/// A text that is not the address it should be.
package struct AddressError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was written.
    package let text: String
    /// What is wrong with it, and what would be right.
    package let reason: String

    package var description: String { "\"\(text)\" \(reason)" }
}
