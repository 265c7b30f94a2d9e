import FlowModel

/// The pods of the identity file that the weirs of this target read.
enum ClusterPods {
    /// `metrics.max_pairs` of the weirs that are attacked.
    static let maximumPairs = 2000
    /// Pods of the namespace `shop`, which the good exporter reports.
    static let honest = 40
    /// Namespaces whose pods are said to have sent what is forged.
    static let scanners = 3
    /// Pods of each of them.
    static let scanning = 200

    /// The address of a pod; namespace 0 is `shop`, 1 and on are the scanners.
    static func address(_ namespace: Int, _ pod: Int) -> IPAddress {
        IPAddress(v4: 0x0A63_0000 | UInt32(namespace) << 12 | UInt32(pod + 1))
    }

    /// `NAMESPACE/POD`, as `Exposition.pairs` has it.
    static func name(_ namespace: Int, _ pod: Int) -> String {
        namespace == 0 ? "shop/pod-\(pod)" : "scanner-\(namespace)/pod-\(pod)"
    }

    /// `NAMESPACE/POD` of a pod of `shop`, by its address; nil for any other.
    static func honestName(_ address: IPAddress) -> String? {
        guard let number = address.v4, number > 0x0A63_0000, number <= 0x0A63_0000 + UInt32(honest) else { return nil }
        return name(0, Int(number - 0x0A63_0000) - 1)
    }

    /// The identity file.
    static var file: String {
        let pods = [(0, honest)] + (1...scanners).map { ($0, scanning) }
        let items = pods.flatMap { namespace, count in
            (0..<count).map { pod in
                let words = name(namespace, pod).split(separator: "/")
                return "- {kind: Pod, metadata: {name: \(words[1]), namespace: \(words[0])}, status: {podIP: \(address(namespace, pod))}}\n"
            }
        }
        return "kind: List\nitems:\n" + items.joined()
    }
}
