import FlowModel
import FlowProtocols
import Foundation

/// The captures that stand beside the repository.
enum Fixtures {
    struct NotFound: Error {}

    /// The folder `shared`: the nearest one above this file that has captures.
    static func shared() throws -> URL {
        var folder = URL(filePath: #filePath)
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appending(path: "shared")
            if FileManager.default.fileExists(atPath: candidate.appending(path: "captures").path) { return candidate }
        }
        throw NotFound()
    }

    static func json<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: shared().appending(path: path)))
    }
}

/// A session and what its datagrams decoded to.
struct DecodedSession {
    var decoder: SessionDecoder
    var batch: FlowBatch
    var summaries: [DatagramSummary] = []

    init(detail: Bool = false, limits: SessionDecoder.Limits = SessionDecoder.Limits()) {
        decoder = SessionDecoder(limits: limits)
        batch = FlowBatch(wantsDetail: detail)
    }

    var flows: [Flow] { batch.flows }
    var errors: [DecodeError] { summaries.flatMap(\.errors) }
    var octets: UInt64 { flows.reduce(0) { $0 + $1.bytes } }
    var packets: UInt64 { flows.reduce(0) { $0 + $1.packets } }

    /// Decodes a datagram after those before it.
    @discardableResult
    mutating func decode(_ datagram: [UInt8], at time: Timestamp = Timestamp(seconds: 1_800_000_000)) -> DatagramSummary {
        let summary = unsafe datagram.withUnsafeBytes { unsafe decoder.decode($0, receivedAt: time, into: &batch) }
        summaries.append(summary)
        return summary
    }

    /// Decodes a capture, whose sessions are told apart by source address and port.
    static func capture(_ path: String, detail: Bool = false) throws -> [DecodedSession] {
        var sessions: [String: DecodedSession] = [:]
        for datagram in try TestCapture.datagrams(path) {
            sessions["\(datagram.source) \(datagram.sourcePort)", default: DecodedSession(detail: detail)].decode(datagram.payload, at: datagram.time)
        }
        return sessions.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// Writes NetFlow v9 and IPFIX messages field by field.
struct MessageWriter {
    var version: UInt16 = 10
    var domain: UInt32 = 7
    var sequence: UInt32 = 0
    var seconds: UInt32 = 1_800_000_000
    var uptime: UInt32 = 100_000

    func message(_ sets: [UInt8]...) -> [UInt8] {
        let body = sets.flatMap { $0 }
        return version == 10
            ? big(UInt16(10)) + big(UInt16(16 + body.count)) + big(seconds) + big(sequence) + big(domain) + body
            : big(UInt16(9)) + big(UInt16(sets.count)) + big(uptime) + big(seconds) + big(sequence) + big(domain) + body
    }

    func set(_ id: UInt16, _ body: [UInt8]) -> [UInt8] { big(id) + big(UInt16(4 + body.count)) + body }

    /// A template set of one template; fields are (element, length) or (element, length, enterprise).
    func template(_ id: UInt16, _ fields: [(UInt16, UInt16)], enterprise: [(UInt16, UInt16, UInt32)] = []) -> [UInt8] {
        set(version == 10 ? 2 : 0, big(id) + big(UInt16(fields.count + enterprise.count)) + specifiers(fields, enterprise))
    }

    func options(_ id: UInt16, scopes: [(UInt16, UInt16)], _ fields: [(UInt16, UInt16)]) -> [UInt8] {
        version == 10
            ? set(3, big(id) + big(UInt16(scopes.count + fields.count)) + big(UInt16(scopes.count)) + specifiers(scopes + fields, []))
            : set(1, big(id) + big(UInt16(4 * scopes.count)) + big(UInt16(4 * fields.count)) + specifiers(scopes + fields, []))
    }

    private func specifiers(_ fields: [(UInt16, UInt16)], _ enterprise: [(UInt16, UInt16, UInt32)]) -> [UInt8] {
        fields.flatMap { big($0.0) + big($0.1) } + enterprise.flatMap { big($0.0 | 0x8000) + big($0.1) + big($0.2) }
    }
}

/// The octets of a number in network order.
func big(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// The octets of an address.
func octets(_ text: String) -> [UInt8] {
    let address = IPAddress(text) ?? .unspecified
    return address.v4.map { big($0) } ?? big(address.high) + big(address.low)
}
