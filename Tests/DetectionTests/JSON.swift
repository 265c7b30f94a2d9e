import Foundation

/// What goes into a state file, and comes out of a damaged one.
enum JSON {
    static func encode(_ value: some Encodable) throws -> Data { try JSONEncoder().encode(value) }

    static func decode<Value: Decodable>(_ type: Value.Type, _ octets: [UInt8]) -> Value? { try? JSONDecoder().decode(type, from: Data(octets)) }
}
