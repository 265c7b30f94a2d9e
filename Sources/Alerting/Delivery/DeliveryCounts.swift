/// What became of what receivers were to be told; alerts, not requests.
package struct DeliveryCounts: Sendable, Equatable {
    package struct Failure: Hashable, Sendable {
        package var receiver: String
        package var reason: Outcome.Reason
    }

    package struct Loss: Hashable, Sendable {
        package var receiver: String
        package var reason: String
    }

    /// By receiver.
    package var delivered: [String: UInt64] = [:]
    /// Attempts that failed.
    package var failed: [Failure: UInt64] = [:]
    /// What was given up.
    package var dropped: [Loss: UInt64] = [:]
    /// By receiver: what waits.
    package var waiting: [String: Int] = [:]
}
