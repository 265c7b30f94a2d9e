import FlowModel

/// Puts the octets of TCP connections in order (RFC 9293 §3.4), where they begin as IPFIX does; a bounded number at a time.
struct TCPStreams {
    private var streams: [Key: Stream] = [:]
    /// Connections begun; the next has the number behind it.
    private var begun: UInt32 = 0
    private var abandoned = 0

    private struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var sourcePort: UInt16
        var destinationPort: UInt16
    }

    /// One direction of one connection.
    private struct Stream {
        let number: UInt32
        /// The sequence number of the next octet.
        var next: UInt32
        /// Whether octets have come, so that it is known to begin as IPFIX does.
        var hasBegun = false
        /// Segments that came before those in front of them, by their distance from the first octet not there yet when they are asked for.
        var early: [(sequence: UInt32, payload: ArraySlice<UInt8>)] = []
        var earlyOctets = 0
    }

    /// Segments that came and have not become part of a stream.
    var unusedSegments: Int { streams.values.reduce(abandoned) { $0 + $1.early.count } }

    /// What became of a segment.
    enum Taken {
        /// The next octets of the connection with this number (from 1), which may be none.
        case octets(connection: UInt32, [UInt8])
        /// The connection is none of IPFIX.
        case foreign
        case malformed
    }

    /// Takes a TCP segment in.
    mutating func add(_ packet: IPPacket) -> Taken {
        let header = CaptureFields(packet.payload, isBigEndian: true)
        let headerLength = Int(header.uint8(12) >> 4) * 4
        guard headerLength >= 20, headerLength <= header.count else { return .malformed }
        let key = Key(source: packet.source, destination: packet.destination, sourcePort: header.uint16(0), destinationPort: header.uint16(2))
        let flags = header.uint8(13)
        let payload = header.slice(headerLength, length: header.count - headerLength)
        var sequence = header.uint32(4)
        if flags & Self.syn != 0 {
            sequence &+= 1
            if streams[key]?.hasBegun != false || streams[key]?.next != sequence { begin(key, at: sequence) }
        } else if streams[key] == nil {
            // The capture began in the middle of it.
            guard Self.isIPFIX(payload) else { return .foreign }
            begin(key, at: sequence)
        }
        guard var stream = streams.removeValue(forKey: key) else { return .foreign }
        let octets = Self.advance(&stream, with: payload, at: sequence)
        if !stream.hasBegun, !octets.isEmpty {
            guard Self.isIPFIX(octets[...]) else { return .foreign }
            stream.hasBegun = true
        }
        if stream.early.count > Self.maximumEarlySegments || stream.earlyOctets > Self.maximumEarlyOctets {
            // What is missing was not captured, and where a message begins behind it cannot be known.
            abandoned += stream.early.count
        } else if flags & Self.reset == 0 {
            streams[key] = stream
        }
        return .octets(connection: stream.number, octets)
    }

    /// The octets that a segment makes complete: its own behind those there were, and those that waited for it.
    private static func advance(_ stream: inout Stream, with payload: ArraySlice<UInt8>, at sequence: UInt32) -> [UInt8] {
        guard !payload.isEmpty else { return [] }
        guard Int32(bitPattern: sequence &- stream.next) <= 0 else {
            stream.early.append((sequence, payload))
            stream.earlyOctets += payload.count
            return []
        }
        var octets: [UInt8] = []
        take(payload, at: sequence, of: &stream, into: &octets)
        while let index = stream.early.firstIndex(where: { Int32(bitPattern: $0.sequence &- stream.next) <= 0 }) {
            let segment = stream.early.remove(at: index)
            stream.earlyOctets -= segment.payload.count
            take(segment.payload, at: segment.sequence, of: &stream, into: &octets)
        }
        return octets
    }

    /// Appends what is new of a segment that begins at the stream's next octet or before it.
    private static func take(_ payload: ArraySlice<UInt8>, at sequence: UInt32, of stream: inout Stream, into octets: inout [UInt8]) {
        let fresh = payload.dropFirst(Int(stream.next &- sequence))
        octets += fresh
        stream.next &+= UInt32(truncatingIfNeeded: fresh.count)
    }

    private mutating func begin(_ key: Key, at sequence: UInt32) {
        if let old = streams.removeValue(forKey: key) { abandoned += old.early.count }
        if streams.count >= Self.maximumStreams, let oldest = streams.min(by: { $0.value.number < $1.value.number })?.key {
            abandoned += streams.removeValue(forKey: oldest)?.early.count ?? 0
        }
        begun = begun == .max ? 1 : begun + 1
        streams[key] = Stream(number: begun, next: sequence)
    }

    /// Whether octets begin as an IPFIX message (RFC 7011 §3.1), as far as they go.
    private static func isIPFIX(_ octets: ArraySlice<UInt8>) -> Bool {
        !octets.isEmpty && octets.starts(with: [0, 10].prefix(octets.count))
    }

    private static let syn: UInt8 = 0x02
    private static let reset: UInt8 = 0x04
    private static let maximumStreams = 1024
    private static let maximumEarlySegments = 256
    private static let maximumEarlyOctets = 1 << 20
}
