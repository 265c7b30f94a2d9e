import Foundation
import KubernetesObjects

/// The metadata of a list's page (`metav1.ListMeta`).
struct ListPage: Decodable, Sendable, Equatable {
    private struct Envelope: Decodable {
        private enum Key: String, CodingKey {
            case metadata, items
        }

        /// What an `ItemStream` leaves of the items: their list, which is empty; Go writes an empty one as null, too.
        private struct NoItem: Decodable {}

        var metadata: ListPage?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            // An answer without items is no list of none: to take it for one would be to forget all objects.
            guard container.contains(.items) else { return }
            _ = try container.decode([NoItem]?.self, forKey: .items)
            metadata = try container.decodeIfPresent(ListPage.self, forKey: .metadata)
        }
    }

    var resourceVersion: String?
    /// The token for the next page; nil or empty on the last one.
    var `continue`: String?
    /// How many objects follow on further pages, as far as the server knows.
    var remainingItemCount: Int?

    /// Reads what an `ItemStream` kept of a list; nil where it is no list, or has no version.
    init?(envelope: [UInt8]) {
        guard let page = try? JSONDecoder().decode(Envelope.self, from: Data(envelope)).metadata, !(page.resourceVersion ?? "").isEmpty else {
            return nil
        }
        self = page
    }
}

/// What an `ItemStream` has told apart, read.
enum StreamedObject {
    private struct Listed: Decodable {
        var object: KubernetesObject

        init(from decoder: any Decoder) throws {
            guard let resource = decoder.userInfo[.resource] as? Resource else { throw DecodingError.noResource(decoder) }
            object = try KubernetesObject(resource, from: decoder)
        }
    }

    /// A decoder for objects of `resource`.
    static func decoder(of resource: Resource) -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.userInfo[.resource] = resource
        return decoder
    }

    /// Reads a list's item.
    static func item(_ json: [UInt8], with decoder: JSONDecoder) throws -> KubernetesObject {
        try decoder.decode(Listed.self, from: Data(json)).object
    }

    /// Reads a watch's event.
    static func event(_ json: [UInt8], with decoder: JSONDecoder) throws -> WatchEvent {
        try decoder.decode(WatchEvent.self, from: Data(json))
    }
}
