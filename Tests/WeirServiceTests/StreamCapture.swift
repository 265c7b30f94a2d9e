import Foundation
import Support

/// What the exporter of a capture sent over TCP: read on its own here, so that Weir's reading has a witness.
struct StreamCapture {
    /// All octets of the stream, in order.
    let octets: [UInt8]
    /// The messages in it, cut by their lengths.
    let messages: [[UInt8]]

    /// Reads the segments to port 4739 of a classic, little-endian Ethernet capture of IPv4.
    init(_ name: String) throws {
        let file = [UInt8](try Data(contentsOf: SharedFiles.captures.appending(path: name)))
        func big(_ at: Int, _ count: Int) -> Int { file[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
        func little(_ at: Int) -> Int { file[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
        var segments: [(sequence: Int, payload: ArraySlice<UInt8>)] = []
        var first = 0
        var position = 24
        while position < file.count {
            let ip = position + 16 + 14
            let tcp = ip + (big(ip, 1) & 15) * 4
            if big(ip + 9, 1) == 6, big(tcp + 2, 2) == 4739 {
                let payload = file[(tcp + big(tcp + 12, 1) >> 4 * 4)..<(ip + big(ip + 2, 2))]
                if big(tcp + 13, 1) & 2 != 0 { first = big(tcp + 4, 4) + 1 }
                if !payload.isEmpty { segments.append((big(tcp + 4, 4), payload)) }
            }
            position += 16 + little(position + 8)
        }
        var octets: [UInt8] = []
        for segment in segments.sorted(by: { $0.sequence < $1.sequence }) {
            guard segment.sequence - first == octets.count else { throw DeadlinePassed(description: "\(name): a segment is missing") }
            octets += segment.payload
        }
        var messages: [[UInt8]] = []
        var rest = octets[...]
        while rest.count >= 4 {
            let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
            messages.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        self.octets = octets
        self.messages = messages
    }
}
