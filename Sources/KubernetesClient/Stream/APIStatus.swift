import Foundation

/// The part of `metav1.Status` that is read: why the API server refuses something.
struct APIStatus: Decodable, Sendable, Equatable {
    struct Metadata: Decodable, Sendable, Equatable {
        /// In a 410 for a `continue` that has expired: a token that goes on at the same key, in the collection as it is now.
        var `continue`: String?
    }

    struct Details: Decodable, Sendable, Equatable {
        struct Cause: Decodable, Sendable, Equatable {
            var reason: String?
            var message: String?
        }

        var causes: [Cause]?
    }

    var kind: String?
    /// The HTTP status, also where it comes as an event in a watch.
    var code: Int?
    var reason: String?
    var message: String?
    var metadata: Metadata?
    var details: Details?

    /// Octets of a refusal that are read.
    static let maximumOctets = 64 << 10

    /// What a refusal's body says; nil where it is no `Status`.
    init?(_ body: [UInt8]) {
        guard let status = try? JSONDecoder().decode(APIStatus.self, from: Data(body)), status.kind == "Status" else { return nil }
        self = status
    }

    /// Whether the version asked for is newer than any the server knows: after etcd was restored, or where one server lags behind another.
    var isTooLargeVersion: Bool {
        details?.causes?.contains { $0.reason == "ResourceVersionTooLarge" || $0.message == "Too large resource version" } ?? false
            || message?.contains("Too large resource version") ?? false
    }
}

extension String {
    /// What somebody else wrote, for a line of the log: its first 200 characters, without those that a terminal would obey.
    var shown: String {
        String(unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
