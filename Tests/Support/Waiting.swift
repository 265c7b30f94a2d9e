import Foundation

/// A condition did not come true in time.
package struct DeadlinePassed: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// Seconds that something may take at least before it is taken for broken: on a machine where all tests run at once, what works may be slow.
package let leastDeadline = 120.0

/// Waits until `condition` gives a value, asking again every 20 ms, and throws when `seconds`, or `leastDeadline`, have passed without one.
package func waitUntil<Value>(_ what: String, within seconds: Double = 20, _ condition: () async throws -> Value?) async throws -> Value {
    let seconds = max(seconds, leastDeadline)
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < deadline else { throw DeadlinePassed(description: "not within \(seconds) s: \(what)") }
        try await ContinuousClock().sleep(for: .milliseconds(20))
    }
}

/// Waits until `condition` holds.
package func waitUntil(_ what: String, within seconds: Double = 20, _ condition: () async throws -> Bool) async throws {
    let _: Bool = try await waitUntil(what, within: seconds) { try await condition() ? true : nil }
}
