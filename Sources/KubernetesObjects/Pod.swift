import FlowModel

/// The part of a `v1` Pod that is read.
package struct Pod: Decodable, Sendable, Equatable {
    package struct Spec: Decodable, Sendable, Equatable {
        package struct Container: Decodable, Sendable, Equatable {
            package struct Port: Decodable, Sendable, Equatable {
                package var name: String?
                package var containerPort: PortNumber
                /// TCP where absent.
                package var `protocol`: TransportProtocol?
            }

            package var ports: [Port]?
        }

        /// nil until the pod is scheduled.
        package var nodeName: String?
        package var hostNetwork: Bool?
        package var containers: [Container]?
    }

    package struct Status: Decodable, Sendable, Equatable {
        package struct IP: Decodable, Sendable, Equatable {
            package var ip: IPAddress
        }

        package var phase: String?
        package var podIP: IPAddress?
        package var podIPs: [IP]?
        package var hostIP: IPAddress?
        package var hostIPs: [IP]?
        package var startTime: ObjectTime?
    }

    package var metadata: ObjectMetadata
    package var spec: Spec?
    package var status: Status?

    /// Whether it has come to its end, so that its address is no longer its own.
    package var hasEnded: Bool { status?.phase == "Succeeded" || status?.phase == "Failed" }

    /// Whether its addresses are its node's.
    package var isOnHostNetwork: Bool { spec?.hostNetwork ?? false }

    /// Its addresses in the cluster's network, as `status` has them.
    package var addresses: [IPAddress] {
        if let all = status?.podIPs, !all.isEmpty { return all.map(\.ip) }
        return status?.podIP.map { [$0] } ?? []
    }

    /// The addresses of the node it runs on.
    package var hostAddresses: [IPAddress] {
        if let all = status?.hostIPs, !all.isEmpty { return all.map(\.ip) }
        return status?.hostIP.map { [$0] } ?? []
    }

    /// The ports of all its containers.
    package var ports: [Spec.Container.Port] { (spec?.containers ?? []).flatMap { $0.ports ?? [] } }
}
