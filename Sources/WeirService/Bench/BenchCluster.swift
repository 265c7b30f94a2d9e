import FlowModel

/// The pods whose traffic the load is: their addresses and names, and pairs of them, some much busier than others (Zipf).
package struct BenchCluster: Sendable {
    /// Pods, at most 65,536, each with one address of 10.128.0.0/14.
    package let addresses: Int
    /// Different pairs of source and destination.
    package let pairs: Int
    private let ends: [(source: Int, destination: Int)]
    /// Sum of the weights up to each pair.
    private let weights: [Double]

    /// A cluster; the same numbers give the same cluster.
    package init(addresses: Int = 1000, pairs: Int = 20_000, seed: UInt64 = 1) {
        self.addresses = min(max(addresses, 2), 65_536)
        self.pairs = min(max(pairs, 1), self.addresses * (self.addresses - 1))
        var generator = SplitMix64(seed: seed)
        var seen: Set<Int> = []
        var ends: [(Int, Int)] = []
        while ends.count < self.pairs {
            let source = Int.random(in: 0..<self.addresses, using: &generator)
            let destination = Int.random(in: 0..<self.addresses, using: &generator)
            if source != destination, seen.insert(source * self.addresses + destination).inserted { ends.append((source, destination)) }
        }
        self.ends = ends
        var sum = 0.0
        weights = (1...self.pairs).map {
            sum += 1 / Double($0)
            return sum
        }
    }

    /// The address of a pod.
    package func address(_ pod: Int) -> IPAddress { IPAddress(v4: Self.address(pod)) }

    /// The address of a pod as a number.
    static func address(_ pod: Int) -> UInt32 { 0x0A80_0000 + UInt32(pod / 250) << 8 + UInt32(pod % 250) + 2 }

    /// A pod's namespace: fifty pods share one.
    package func namespace(_ pod: Int) -> String { "team-\(pod / 50)" }

    /// A pod's name.
    package func name(_ pod: Int) -> String { "service-\(pod / 5)-\(pod % 5)" }

    /// A flow of a pair: of pair n with a likelihood proportional to 1/n.
    func flow(using generator: inout SplitMix64) -> Flow {
        let point = Double.random(in: 0..<(weights.last ?? 1), using: &generator)
        var low = 0
        var high = weights.count - 1
        while low < high {
            let middle = (low + high) / 2
            if weights[middle] <= point { low = middle + 1 } else { high = middle }
        }
        var flow = Flow()
        flow.source = address(ends[low].source)
        flow.destination = address(ends[low].destination)
        // Two pods talk about one thing, most often.
        flow.protocolNumber = low % 2 == 0 ? 6 : 17
        flow.sourcePort = UInt16.random(in: 32_768...60_999, using: &generator)
        flow.destinationPort = [80, 443, 5432, 6379, 8080][low % 5]
        flow.inputInterface = UInt32.random(in: 1...64, using: &generator)
        flow.outputInterface = UInt32.random(in: 1...64, using: &generator)
        flow.tcpFlags = flow.protocolNumber == 6 ? TCPFlags(rawValue: 0x1B) : TCPFlags()
        return flow
    }

    /// An identity file that names every address: a `v1` List of Pods, in JSON.
    package func identityFile() -> String {
        let pods = (0..<addresses).map { pod in
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"\(namespace(pod))","name":"\(name(pod))"},\
            "spec":{"nodeName":"node-\(pod % 20)"},"status":{"phase":"Running","podIP":"\(address(pod))"}}
            """
        }
        return "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n\(pods.joined(separator: ",\n"))\n]}\n"
    }
}

extension BenchCluster {
    /// `weir bench identity`: prints the identity file of a cluster.
    package static func printIdentityFile(addresses: Int) {
        StandardOutput.write(Array(BenchCluster(addresses: addresses, pairs: 1).identityFile().utf8))
    }
}
