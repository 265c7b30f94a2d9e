import Detection

/// A step in an alert's life.
package struct Transition: Sendable {
    /// What has become of it.
    package enum Change: String, Sendable, Codable, CaseIterable {
        /// It holds, and waits for the rule's `for`.
        case pending
        /// It fires from now on.
        case firing
        /// It has fired, and no longer does.
        case resolved
        /// It was pending, and no longer holds: nobody was told.
        case withdrawn
    }

    package var change: Change
    /// As it is after the step.
    package var alert: Alert
    /// What made it fire, for the evidence; nil where there is none, as for an alert that others are folded into.
    package var finding: Finding?
}
