/// What became of what receivers were to be told; alerts, not requests.
package struct DeliveryCounts: Sendable, Equatable {
    package struct Failure: Hashable, Sendable {
        package var receiver: String
        package var reason: Outcome.Reason

        package init(receiver: String, reason: Outcome.Reason) {
            self.receiver = receiver
            self.reason = reason
        }
    }

    package struct Loss: Hashable, Sendable {
        package var receiver: String
        package var reason: String

        package init(receiver: String, reason: String) {
            self.receiver = receiver
            self.reason = reason
        }
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
