import FlowModel

/// The part of a `v1` Service that is read.
package struct Service: Decodable, Sendable, Equatable {
    package struct Spec: Decodable, Sendable, Equatable {
        package struct Port: Decodable, Sendable, Equatable {
            /// Absent where the Service has only one.
            package var name: String?
            /// TCP where absent.
            package var `protocol`: TransportProtocol?
            package var port: PortNumber
            /// `port` where absent.
            package var targetPort: TargetPort?
            package var nodePort: PortNumber?
        }

        package var type: String?
        package var clusterIP: ClusterIP?
        package var clusterIPs: [ClusterIP]?
        package var externalIPs: [IPAddress]?
        package var ports: [Port]?
        package var selector: [String: String]?
    }

    package struct Status: Decodable, Sendable, Equatable {
        package struct LoadBalancer: Decodable, Sendable, Equatable {
            package struct Ingress: Decodable, Sendable, Equatable {
                /// Absent where the balancer has a name instead.
                package var ip: IPAddress?
            }

            package var ingress: [Ingress]?
        }

        package var loadBalancer: LoadBalancer?
    }

    package var metadata: ObjectMetadata
    package var spec: Spec?
    package var status: Status?

    /// The addresses under which it is dialled: its cluster addresses, external ones, and its load balancer's.
    package var addresses: [IPAddress] {
        let cluster = spec?.clusterIPs ?? spec?.clusterIP.map { [$0] } ?? []
        return cluster.compactMap(\.address) + (spec?.externalIPs ?? []) + (status?.loadBalancer?.ingress ?? []).compactMap(\.ip)
    }
}

/// A Service's address in the cluster, or `None` for a headless Service.
package struct ClusterIP: Decodable, Sendable, Equatable {
    /// nil for a Service that has none: headless, or no more than a name for something outside.
    package var address: IPAddress?

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        if !text.isEmpty, text != "None" { address = try IPAddress(from: decoder) }
    }
}

/// A port number, or the name of a container's port.
package enum TargetPort: Decodable, Sendable, Equatable {
    case number(UInt16)
    case name(String)

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            self = .name(name)
        } else {
            self = .number(try container.decode(PortNumber.self).rawValue)
        }
    }
}
