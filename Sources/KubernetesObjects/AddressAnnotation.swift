/// The annotations that tell of addresses: no others are kept of an object, some of which are as large as the object itself.
package enum AddressAnnotation: String, CaseIterable, Sendable {
    /// Of a Pod, JSON: the multi-network specification's further interfaces.
    case networkStatus = "k8s.v1.cni.cncf.io/network-status"

    // Of a Node, JSON of OVN-Kubernetes.
    case nodeSubnets = "k8s.ovn.org/node-subnets"
    case gatewayRouterAddress = "k8s.ovn.org/node-gateway-router-lrp-ifaddr"
    case gatewayRouterAddresses = "k8s.ovn.org/node-gateway-router-lrp-ifaddrs"
    case gatewayConfiguration = "k8s.ovn.org/l3-gateway-config"
    case primaryAddress = "k8s.ovn.org/node-primary-ifaddr"
    case hostNetworks = "k8s.ovn.org/host-cidrs"
    case hostAddresses = "k8s.ovn.org/host-addresses"
    case transitSwitchAddress = "k8s.ovn.org/node-transit-switch-port-ifaddr"
    case masqueradeSubnet = "k8s.ovn.org/node-masquerade-subnet"

    // Of a Node, an address with or without a prefix length: Calico's and Cilium's ends of tunnels.
    case calicoIPv4 = "projectcalico.org/IPv4Address"
    case calicoIPv6 = "projectcalico.org/IPv6Address"
    case calicoIPIPTunnel = "projectcalico.org/IPv4IPIPTunnelAddr"
    case calicoVXLANTunnelIPv4 = "projectcalico.org/IPv4VXLANTunnelAddr"
    case calicoVXLANTunnelIPv6 = "projectcalico.org/IPv6VXLANTunnelAddr"
    case ciliumHostIPv4 = "network.cilium.io/ipv4-cilium-host"
    case ciliumHostIPv6 = "network.cilium.io/ipv6-cilium-host"

    /// The names of all.
    package static let names = Set(allCases.map(\.rawValue))
}

extension ObjectMetadata {
    /// What an annotation says; nil where the object does not have it.
    package subscript(annotation: AddressAnnotation) -> String? { annotations?[annotation.rawValue] }
}
