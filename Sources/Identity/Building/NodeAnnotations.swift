import FlowModel
import Foundation
import KubernetesObjects

/// Reads the addresses that OVN-Kubernetes writes into a Node's annotations: JSON of several shapes, all of whose strings are looked at.
///
/// What is not of that form is passed over: it is written by a program, and who reads the objects cannot mend it.
enum NodeAnnotations {
    /// Annotations whose addresses are the host's: its gateway router's join address, its bridge, further interfaces.
    private static let ofHost: [AddressAnnotation] = [
        .gatewayRouterAddress, .gatewayRouterAddresses, .gatewayConfiguration, .primaryAddress, .hostNetworks, .hostAddresses, .transitSwitchAddress,
    ]

    /// Annotations that are an address of the host's, with or without a prefix length.
    private static let plain: [AddressAnnotation] = [
        .calicoIPv4, .calicoIPv6, .calicoIPIPTunnel, .calicoVXLANTunnelIPv4, .calicoVXLANTunnelIPv6, .ciliumHostIPv4, .ciliumHostIPv6,
    ]

    /// The ranges of the node's pods, the cluster's default network first.
    static func subnets(of node: Node) -> [IPNetwork] {
        strings(in: node.metadata[.nodeSubnets]).compactMap { IPNetwork($0) }
    }

    /// Addresses of the host beside those of its status.
    static func hostAddresses(of node: Node) -> [IPAddress] {
        let texts = ofHost.flatMap { strings(in: node.metadata[$0]) } + plain.compactMap { node.metadata[$0] }
        return texts.compactMap { IPAddress($0.prefix { $0 != "/" }) }
    }

    /// What the node translates to on its way to itself, where that is not what is usual.
    static func masqueradeSubnets(of node: Node) -> [IPNetwork] {
        strings(in: node.metadata[.masqueradeSubnet]).compactMap { IPNetwork($0) }
    }

    private static func strings(in text: String?) -> [String] {
        guard let text, let value = try? JSONDecoder().decode(AnyJSON.self, from: Data(text.utf8)) else { return [] }
        return value.strings
    }

    private struct AnyJSON: Decodable {
        var strings: [String]

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                strings = [text]
            } else if let list = try? decoder.singleValueContainer().decode([AnyJSON].self) {
                strings = list.flatMap(\.strings)
            } else if let object = try? decoder.singleValueContainer().decode([String: AnyJSON].self) {
                // The gateway's next hops are other hosts' addresses.
                let own = object.filter { !$0.key.hasPrefix("next-hop") }
                strings = own.sorted { ($0.key != "default", $0.key) < ($1.key != "default", $1.key) }.flatMap(\.value.strings)
            } else {
                strings = []
            }
        }
    }
}

private func < (left: (Bool, String), right: (Bool, String)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : !left.0
}

/// Reads a Pod's annotations.
enum PodAnnotations {
    private struct Network: Decodable {
        var ips: [String]?
    }

    /// The addresses of further interfaces (the multi-network specification's `network-status`, which Multus and OVN-Kubernetes write).
    static func secondaryAddresses(of pod: Pod) -> [IPAddress] {
        guard let text = pod.metadata[.networkStatus],
            let networks = try? JSONDecoder().decode([Network].self, from: Data(text.utf8))
        else { return [] }
        return networks.flatMap { $0.ips ?? [] }.compactMap { IPAddress($0) }
    }
}
