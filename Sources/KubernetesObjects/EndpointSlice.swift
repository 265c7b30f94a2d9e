import FlowModel

/// The part of a `discovery.k8s.io/v1` EndpointSlice that is read.
package struct EndpointSlice: Decodable, Sendable, Equatable {
    package struct Port: Decodable, Sendable, Equatable {
        /// The name of the Service's port; empty or absent where that has none.
        package var name: String?
        /// TCP where absent.
        package var `protocol`: TransportProtocol?
        /// The port at the endpoints.
        package var port: PortNumber?
    }

    package struct Endpoint: Decodable, Sendable, Equatable {
        package struct Conditions: Decodable, Sendable, Equatable {
            package var ready: Bool?
            package var serving: Bool?
            package var terminating: Bool?
        }

        package struct TargetReference: Decodable, Sendable, Equatable {
            package var kind: String?
            package var namespace: String?
            package var name: String?
        }

        package var addresses: [IPAddress]
        package var conditions: Conditions?
        package var nodeName: String?
        package var targetRef: TargetReference?
    }

    package var metadata: ObjectMetadata
    /// `IPv4`, `IPv6` or `FQDN`.
    package var addressType: String?
    package var ports: [Port]?
    /// Empty in a slice of names (`FQDN`).
    package var endpoints: [Endpoint]

    private enum Key: String, CodingKey {
        case metadata, addressType, ports, endpoints
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        addressType = try container.decodeIfPresent(String.self, forKey: .addressType)
        ports = try container.decodeIfPresent([Port].self, forKey: .ports)
        endpoints = addressType == "FQDN" ? [] : try container.decodeIfPresent([Endpoint].self, forKey: .endpoints) ?? []
    }

    /// The Service it belongs to.
    package var serviceName: String? { metadata.labels?["kubernetes.io/service-name"] }
}
