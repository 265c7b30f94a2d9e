import FlowModel

/// The part of a `v1` Node that is read.
package struct Node: Decodable, Sendable, Equatable {
    package struct Spec: Decodable, Sendable, Equatable {
        package var podCIDR: IPNetwork?
        package var podCIDRs: [IPNetwork]?
    }

    package struct Status: Decodable, Sendable, Equatable {
        package struct Address: Decodable, Sendable, Equatable {
            package var type: String
            /// nil where `type` says that it is a name.
            package var address: IPAddress?

            private enum Key: String, CodingKey {
                case type, address
            }

            package init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                type = try container.decode(String.self, forKey: .type)
                if type == "InternalIP" || type == "ExternalIP" { address = try container.decode(IPAddress.self, forKey: .address) }
            }
        }

        package var addresses: [Address]?
    }

    package var metadata: ObjectMetadata
    package var spec: Spec?
    package var status: Status?

    /// Its `InternalIP` and `ExternalIP` addresses.
    package var addresses: [IPAddress] { (status?.addresses ?? []).compactMap(\.address) }

    /// The ranges its pods get their addresses from.
    package var podNetworks: [IPNetwork] {
        if let all = spec?.podCIDRs, !all.isEmpty { return all }
        return spec?.podCIDR.map { [$0] } ?? []
    }
}
