import FlowModel

/// Decides whether one more connection may come.
package struct StreamAdmission {
    private let limits: StreamLimits
    private var open = 0
    private var byAddress: [IPAddress: Int] = [:]

    /// Nobody is connected.
    package init(limits: StreamLimits) {
        self.limits = limits
    }

    /// Counts a connection of `source` in, unless there is a reason to refuse it, which is returned.
    package mutating func admit(_ source: IPAddress, filter: SourceFilter) -> StreamStatistics.Refusal? {
        guard filter.allows(source) else { return .notAllowed }
        guard open < limits.connections else { return .tooMany }
        guard byAddress[source, default: 0] < limits.connectionsPerAddress else { return .tooManyFromAddress }
        open += 1
        byAddress[source, default: 0] += 1
        return nil
    }

    /// Counts a connection out that was admitted.
    package mutating func leave(_ source: IPAddress) {
        open -= 1
        let left = byAddress[source, default: 0] - 1
        byAddress[source] = left > 0 ? left : nil
    }
}
