import Foundation

/// The captures and expectations that stand beside the repository, in `shared/`.
package enum SharedFiles {
    /// `shared/captures`.
    package static let captures = folder("captures")
    /// `shared/vendor-datagrams`.
    package static let vendorDatagrams = folder("vendor-datagrams")

    /// The nearest `shared/NAME` beside or above the repository: so it is found from a clone and from a work tree of one.
    private static func folder(_ name: String) -> URL {
        var place = URL(filePath: #filePath)
        while place.path != "/" {
            place.deleteLastPathComponent()
            let candidate = place.appending(path: "shared/\(name)")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        fatalError("the tests need the folder shared/\(name) beside the repository")
    }

    /// Decodes a JSON file of a folder.
    package static func json<Value: Decodable>(_ type: Value.Type, _ file: String, in folder: URL = captures) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: file)))
    }
}

/// `NAME.truth.json`: what the pods really sent, counted by tcpdump in each pod.
package struct Truth: Decodable, Sendable {
    package struct Pair: Decodable, Sendable {
        package var src: String
        package var dst: String
        package var proto: Int
        package var packets: UInt64
        package var l3Bytes: UInt64
        package var l2Bytes: UInt64

        enum CodingKeys: String, CodingKey {
            case src, dst, proto, packets
            case l3Bytes = "l3_bytes"
            case l2Bytes = "l2_bytes"
        }
    }

    package var pairs: [Pair]

    /// Packets and layer-3 bytes by source and destination address, whatever the protocol.
    package var byAddresses: [String: (packets: UInt64, l3Bytes: UInt64)] {
        pairs.reduce(into: [:]) { sums, pair in
            let sum = sums["\(pair.src) \(pair.dst)"] ?? (0, 0)
            sums["\(pair.src) \(pair.dst)"] = (sum.0 + pair.packets, sum.1 + pair.l3Bytes)
        }
    }
}
