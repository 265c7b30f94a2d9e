import FlowModel

/// What happens to pods by and by: deploys replace the pods of a Deployment one after the other, and each run of a job has a pod of its own.
struct ClusterLife: Sendable {
    private enum Step: Sendable {
        /// A rollout's next pod is made in the place of an old one.
        case replace(workload: Int, old: Int, replica: Int, generation: String)
        case run(Int)
        case rest(Int)
        case remove(Int)
    }

    /// Seconds from deploy to deploy.
    private static let deployInterval: Int64 = 420
    /// Seconds from one pod of a rollout to the next.
    private static let pace: Int64 = 15
    /// Seconds for which a pod starts, and for which it is known when it has gone: what exporters still tell of it needs a name.
    private static let (starting, leaving): (Int64, Int64) = (20, 90)

    private var steps: [(at: Int64, step: Step)] = []
    private var deploys = 0
    private var deployedUntil: Int64 = 0
    private var jobsUntil: Int64 = 0
    /// The pod of the incident of that round.
    private(set) var newcomer: (round: Int, pod: Int)?
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0x11FE)
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - second: since the simulation began.
    ///   - minute: since 1970.
    mutating func advance(_ cluster: inout SimulatedCluster, to second: Int64, minute: Int64, _ next: [Scenario.Occurrence]) {
        if second - deployedUntil >= Self.deployInterval {
            deployedUntil = second
            deploy(&cluster, at: second)
        }
        if minute > jobsUntil {
            jobsUntil = minute
            for workload in cluster.workloads.indices { renewJob(workload, &cluster, at: second, minute: minute) }
        }
        for occurrence in next where occurrence.incident.effect == .newcomer { bring(occurrence, &cluster) }
        while let index = steps.indices.min(by: { (steps[$0].at, $0) < (steps[$1].at, $1) }), steps[index].at <= second {
            take(steps.remove(at: index).step, &cluster, at: second)
        }
    }

    private mutating func deploy(_ cluster: inout SimulatedCluster, at second: Int64) {
        let deployments = cluster.workloads.indices.filter { cluster.workloads[$0].kind == .deployment && cluster.workloads[$0].replicas > 1 }
        guard !deployments.isEmpty else { return }
        let workload = deployments[(deploys * 5) % deployments.count]
        deploys += 1
        let generation = cluster.generation(of: cluster.workloads[workload])
        for (replica, old) in cluster.running(workload).enumerated() {
            steps.append((second + Int64(replica) * Self.pace, .replace(workload: workload, old: old, replica: replica, generation: generation)))
        }
    }

    private mutating func renewJob(_ workload: Int, _ cluster: inout SimulatedCluster, at second: Int64, minute: Int64) {
        guard cluster.workloads[workload].kind == .cronJob else { return }
        // Each has its minute; the pod of the run before is cleared away.
        guard let due = ["report": 1, "settlement": 4, "reindex": 7, "backup": 10][cluster.workloads[workload].name], minute % 15 == due else {
            return
        }
        let generation = cluster.generation(of: cluster.workloads[workload])
        for (replica, old) in cluster.running(workload).enumerated() {
            steps.append((second, .replace(workload: workload, old: old, replica: replica, generation: generation)))
        }
    }

    /// Makes the newcomer's pod, half a minute before it talks.
    private mutating func bring(_ occurrence: Scenario.Occurrence, _ cluster: inout SimulatedCluster) {
        guard newcomer?.round != occurrence.round else { return }
        let pod = cluster.begin(pod: "adhoc-export-\(random.suffix(5))", in: "batch", on: 1)
        newcomer = (occurrence.round, pod)
        steps.append((occurrence.start, .run(pod)))
        steps.append((occurrence.end, .rest(pod)))
        steps.append((occurrence.end + Self.leaving, .remove(pod)))
    }

    private mutating func take(_ step: Step, _ cluster: inout SimulatedCluster, at second: Int64) {
        switch step {
        case .replace(let workload, let old, let replica, let generation):
            guard !cluster.pods[old].isGone else { return }
            let new = cluster.begin(workload, replica: replica, generation: generation)
            steps.append((second + Self.starting, .run(new)))
            steps.append((second + Self.starting, .rest(old)))
            steps.append((second + Self.starting + Self.leaving, .remove(old)))
        case .run(let pod): cluster.run(pod)
        case .rest(let pod): cluster.rest(pod)
        case .remove(let pod): cluster.remove(pod)
        }
    }
}
