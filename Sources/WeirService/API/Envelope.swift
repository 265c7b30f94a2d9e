import Foundation

/// Prometheus' envelope of an API's answer: `{"status":"success","data":…}`.
struct Envelope<Content: Encodable>: Encodable {
    let status = "success"
    let data: Content

    enum CodingKeys: String, CodingKey {
        case status, data
    }

    /// The answer as JSON, keys in snake case and sorted, dates in RFC 3339.
    func encoded() throws -> [UInt8] {
        try [UInt8](JSONEncoder.api.encode(self))
    }
}

/// Prometheus' envelope of an error: `{"status":"error","errorType":"bad_data","error":"…"}`.
struct ErrorEnvelope: Encodable {
    let status = "error"
    let errorType: String
    let error: String

    enum CodingKeys: String, CodingKey {
        case status, errorType, error
    }

    var encoded: [UInt8] {
        (try? [UInt8](JSONEncoder().encode(self))) ?? []
    }
}

extension JSONEncoder {
    /// How the API writes JSON.
    static var api: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
