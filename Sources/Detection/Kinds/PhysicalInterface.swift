/// Tells interfaces whose speed means something from virtual ports, for which exporters make one up.
///
/// Open vSwitch says 100 Mbit/s of a port that tells none, Linux 10 Mbit/s of a tap and 10 Gbit/s of a veth.
enum PhysicalInterface {
    /// Slower ones are no part of a cluster's network today.
    private static let leastSpeed: UInt64 = 1_000_000_000
    /// What exceeds its speed by so much does not have it.
    private static let mostUtilisation = 1.05

    /// All but the names that virtual ports have.
    static let defaultPatterns = [
        "!veth*", "!tap*", "!vnet*", "!cali*", "!lxc*", "!cni*", "!cilium*", "!genev*", "!vxlan*", "!tun*", "!br-*", "!ovn-*", "!patch-*", "!docker*",
        "!virbr*", "!memif*", "!loop*", "!lo", "!*_h",
    ]

    static func hasTrueSpeed(_ sums: InterfaceWindows.Sums, _ key: InterfaceWindows.Key) -> Bool {
        sums.speed >= leastSpeed && !exceedsSpeed(sums) && !isContainerName(key.interface)
    }

    /// Whether more went through it than its speed allows.
    static func exceedsSpeed(_ sums: InterfaceWindows.Sums) -> Bool { sums.utilisation > mostUtilisation }

    /// OVN-Kubernetes names a pod's port by the first 15 digits of its sandbox.
    private static func isContainerName(_ name: String) -> Bool {
        name.utf8.count == 15 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
