import Foundation
import KubernetesObjects

/// An event of a watch.
struct WatchEvent: Decodable, Sendable {
    enum Content: Sendable {
        /// `ADDED` or `MODIFIED`.
        case put(KubernetesObject)
        /// `DELETED`.
        case remove(ObjectMetadata)
        /// `BOOKMARK`: everything up to its version has been sent.
        case bookmark
        /// `ERROR`: the watch is over.
        case error(APIStatus)
        /// An object that is not of its resource's form, and what is wrong with it.
        case unreadable(String)
        /// A type of event that is not known.
        case other
    }

    private enum Key: String, CodingKey {
        case type, object
    }

    private struct Versioned: Decodable {
        struct Metadata: Decodable {
            var resourceVersion: String?
        }

        var metadata: Metadata?
    }

    private struct Named: Decodable {
        var metadata: ObjectMetadata
    }

    var content: Content
    /// The version of the collection with this event; nil where it has none.
    var version: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard let resource = decoder.userInfo[.resource] as? Resource else { throw DecodingError.noResource(decoder) }
        let type = try container.decode(String.self, forKey: .type)
        if type == "ERROR" {
            content = .error(try container.decode(APIStatus.self, forKey: .object))
            return
        }
        version = try container.decode(Versioned.self, forKey: .object).metadata?.resourceVersion
        do {
            switch type {
            case "ADDED", "MODIFIED": content = .put(try KubernetesObject(resource, from: container.superDecoder(forKey: .object)))
            case "DELETED": content = .remove(try container.decode(Named.self, forKey: .object).metadata)
            case "BOOKMARK": content = .bookmark
            default: content = .other
            }
        } catch let error as DecodingError {
            content = .unreadable(error.summary)
        }
    }
}

extension CodingUserInfoKey {
    /// The `Resource` that is decoded. The name is not empty, which is all that is asked of it.
    static let resource = CodingUserInfoKey(rawValue: "resource") ?? { fatalError("a key of its own") }()
}

extension DecodingError {
    static func noResource(_ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "nobody said of what resource it is"))
    }

    /// Where and what, in a few words.
    var summary: String {
        let (context, missing): (Context, (any CodingKey)?) =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): (context, nil)
            case .keyNotFound(let key, let context): (context, key)
            @unknown default: (Context(codingPath: [], debugDescription: "is not readable"), nil)
            }
        let path = (context.codingPath + (missing.map { [$0] } ?? [])).map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return "\(path): \(missing == nil ? context.debugDescription : "is missing")".shown
    }
}
