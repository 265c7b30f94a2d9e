/// Why a record was set aside: it is another view of packets that count elsewhere. The `reason` label of `weir_set_aside_records_total`.
public enum SetAsideReason: String, Sendable, CaseIterable {
    /// No IP packet: ARP and so on.
    case notIP = "not_ip"
    /// The packet counts as it enters the bridge.
    case egressView = "egress_view"
    /// The packet counts as it leaves the bridge.
    case ingressView = "ingress_view"
    /// The packet counts at another node.
    case otherNode = "other_node"
    /// The packet counts as another vantage point of the same node sees it: by another protocol, at another bridge.
    case otherVantage = "other_vantage"
    /// An answer under its Service's address, which counts under its backend's.
    case serviceReplyView = "service_reply_view"
}
