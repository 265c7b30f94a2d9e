import Windows

/// Which of the traffic between workloads a rule looks at. Key: `where`.
package struct TrafficFilter: Sendable, Hashable {
    package var sourceNamespace = NamePatterns()
    package var sourceWorkload = NamePatterns()
    package var sourceApp = NamePatterns()
    package var destinationNamespace = NamePatterns()
    package var destinationWorkload = NamePatterns()
    package var destinationApp = NamePatterns()

    /// All traffic.
    package init() {}

    /// Whether all traffic is looked at.
    package var isOpen: Bool { self == TrafficFilter() }

    package func admits(_ pair: WorkloadPair, in tick: ClosedTick) -> Bool {
        if isOpen { return true }
        return admitsSource(pair.source, in: tick) && destinationNamespace.admits(tick.name(pair.destination).namespace)
            && destinationWorkload.admits(tick.name(pair.destination).name)
            && (destinationApp.isOpen || destinationApp.admits(tick.app(pair.destination)))
    }

    package func admitsSource(_ source: WorkloadNumber, in tick: ClosedTick) -> Bool {
        sourceNamespace.admits(tick.name(source).namespace) && sourceWorkload.admits(tick.name(source).name)
            && (sourceApp.isOpen || sourceApp.admits(tick.app(source)))
    }
}

extension ClosedTick {
    private static let unknownName = WorkloadName(namespace: "", kind: "", name: "")

    /// The workload with a number; an empty name for one that the tick does not know.
    func name(_ number: WorkloadNumber) -> WorkloadName {
        let index = Int(number.rawValue)
        return index < workloads.count ? workloads[index] : Self.unknownName
    }

    /// The value of its label `app`; empty where that is not known.
    func app(_ number: WorkloadNumber) -> String {
        let index = Int(number.rawValue)
        return index < apps.count ? apps[index] : ""
    }
}
