import FlowModel

/// What an end is compared as: its workload, where it is a pod; so that a rolled-out Deployment stays what it was.
package struct WorkloadName: Hashable, Sendable, Codable {
    /// As in the `…_namespace` label: a namespace, or `reserved:world` and its like.
    package var namespace: String
    /// `Deployment`, `StatefulSet`, `CronJob`, …; `Pod` for a pod that nobody looks after; empty for what is no pod.
    package var kind: String
    /// The workload's name; the pod's where nobody looks after it; `service:NAME`, a node's or a network's name, or empty, as in the `…_pod` label.
    package var name: String

    package init(namespace: String, kind: String, name: String) {
        self.namespace = namespace
        self.kind = kind
        self.name = name
    }
}

/// Stands for a workload in what `Windows` keeps; dense from 0, and for another one only in a later ``ClosedTick/generation``.
package struct WorkloadNumber: Hashable, Sendable, BitwiseCopyable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

/// Between which workloads a series counts.
package struct WorkloadPair: Hashable, Sendable, BitwiseCopyable {
    package var source: WorkloadNumber
    package var destination: WorkloadNumber

    package init(source: WorkloadNumber, destination: WorkloadNumber) {
        self.source = source
        self.destination = destination
    }

    /// The other way, where that is wanted.
    func turned(_ isTurned: Bool) -> WorkloadPair {
        isTurned ? WorkloadPair(source: destination, destination: source) : self
    }
}
