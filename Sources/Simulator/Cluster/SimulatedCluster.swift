import FlowModel

/// The pods and nodes of a made-up company, and what becomes of them: deploys replace pods, jobs come and go.
package struct SimulatedCluster: Sendable {
    /// A pod as it runs.
    package struct Pod: Sendable {
        package var name: String
        /// Its workload's place; nil for a pod that nobody looks after.
        package var workload: Int?
        package var namespace: String
        package var node: Int
        package var address: IPAddress
        /// What its ReplicaSet or Job is called behind its workload's name; empty where it has none.
        package var generation: String
        /// Whether it talks; one that has just been made, or is going, does not.
        package var isRunning = true
        package var isGone = false
    }

    /// A node with an exporter.
    package struct Node: Sendable {
        package var name: String
        package var address: IPAddress
        /// Its pods' range, a /24.
        package var podNetwork: UInt32
    }

    package let workloads: [SimulatedWorkload]
    package let nodes: [Node]
    package private(set) var pods: [Pod] = []
    /// Grows with every change that Kubernetes would tell of.
    package private(set) var version = 0
    private var podsOfWorkload: [[Int]] = []
    private var nextHost: [UInt32]
    private var random: SplitMix64

    /// The range of all pods, a /16.
    package static let podNetwork = IPNetwork(containing: IPAddress(v4: 0x0A80_0000), bits: 112)
    /// Where nodes of the office and the rest of the company are.
    package static let corporateNetwork = IPNetwork(containing: IPAddress(v4: 0xC000_0200), bits: 120)
    static let nodeCount = 8

    init(seed: UInt64, workloads: [SimulatedWorkload] = SimulatedWorkload.company) {
        random = SplitMix64(seed: seed)
        self.workloads = workloads
        nodes = (0..<Self.nodeCount).map { index in
            Node(
                name: "node-\(index + 1)", address: IPAddress(v4: 0x0A00_000B + UInt32(index)), podNetwork: 0x0A80_0000 + UInt32(index) << 8)
        }
        nextHost = [UInt32](repeating: 10, count: Self.nodeCount)
        podsOfWorkload = [[Int]](repeating: [], count: workloads.count)
        for (index, workload) in workloads.enumerated() {
            let generation = generation(of: workload)
            for replica in 0..<workload.replicas {
                let node = workload.kind == .daemonSet ? replica : (index * 3 + replica) % nodes.count
                add(workload: index, replica: replica, generation: generation, on: node, isRunning: true)
            }
        }
        version = 1
    }

    /// The pods of a workload that talk.
    func running(_ workload: Int) -> [Int] { podsOfWorkload[workload].filter { pods[$0].isRunning } }

    /// A workload's place by `namespace/name`.
    package func place(of path: String) -> Int? { workloads.firstIndex { $0.path == path } }

    /// The pods there are, gone ones left out.
    package var existing: [Pod] { pods.filter { !$0.isGone } }

    // MARK: Changes

    /// Makes the next pod of a rollout or a job, which does not talk yet.
    mutating func begin(_ workload: Int, replica: Int, generation: String) -> Int {
        version += 1
        return add(workload: workload, replica: replica, generation: generation, on: random.below(nodes.count), isRunning: false)
    }

    /// Makes a pod that nobody looks after.
    mutating func begin(pod name: String, in namespace: String, on node: Int) -> Int {
        version += 1
        return insert(
            Pod(name: name, workload: nil, namespace: namespace, node: node, address: address(on: node), generation: "", isRunning: false))
    }

    mutating func run(_ pod: Int) { pods[pod].isRunning = true }

    mutating func rest(_ pod: Int) { pods[pod].isRunning = false }

    /// Takes a pod out, for good.
    mutating func remove(_ pod: Int) {
        version += 1
        pods[pod].isRunning = false
        if let workload = pods[pod].workload { podsOfWorkload[workload].removeAll { $0 == pod } }
        pods[pod].isGone = true
    }

    /// What the pods of a new ReplicaSet or Job are called behind the workload's name.
    mutating func generation(of workload: SimulatedWorkload) -> String {
        switch workload.kind {
        case .deployment: random.suffix(9)
        case .cronJob: "2954\(1000 + random.below(9000))"
        case .statefulSet, .daemonSet: ""
        }
    }

    // MARK: Making pods

    @discardableResult
    private mutating func add(workload index: Int, replica: Int, generation: String, on node: Int, isRunning: Bool) -> Int {
        let workload = workloads[index]
        let name =
            switch workload.kind {
            case .deployment, .cronJob: "\(workload.name)-\(generation)-\(random.suffix(5))"
            case .statefulSet: "\(workload.name)-\(replica)"
            case .daemonSet: "\(workload.name)-\(random.suffix(5))"
            }
        let address = workload.isOnHostNetwork ? nodes[node].address : address(on: node)
        let pod = insert(
            Pod(
                name: name, workload: index, namespace: workload.namespace, node: node, address: address, generation: generation,
                isRunning: isRunning))
        podsOfWorkload[index].append(pod)
        return pod
    }

    private mutating func insert(_ pod: Pod) -> Int {
        pods.append(pod)
        return pods.count - 1
    }

    /// The next address of a node's range that no pod has: as a node's address manager does, it goes round.
    private mutating func address(on node: Int) -> IPAddress {
        let used = Set(existing.map(\.address))
        while true {
            let address = IPAddress(v4: nodes[node].podNetwork + nextHost[node])
            nextHost[node] = nextHost[node] >= 199 ? 10 : nextHost[node] + 1
            if !used.contains(address) { return address }
        }
    }
}
