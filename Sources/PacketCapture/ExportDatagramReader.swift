import FlowModel

/// Reads the UDP datagrams of a capture, whatever link they were captured on; fragmented ones are put together. Where that is asked for, it reads the TCP
/// connections that begin as IPFIX does, too.
package struct ExportDatagramReader: ~Copyable {
    private var capture: CaptureReader
    private var reassembly = DatagramReassembly()
    /// Nil where TCP is not read.
    private var streams: TCPStreams?
    private var skippedPackets = SkippedPackets()
    /// Packets read so far, those that were skipped included.
    package private(set) var packets = 0

    /// Opens a capture file, or with `-` standard input.
    package init(path: String, takesTCP: Bool = false) throws(CaptureError) {
        self.init(try CaptureReader(path: path), takesTCP: takesTCP)
    }

    /// Reads a capture that is open already.
    package init(_ capture: consuming CaptureReader, takesTCP: Bool = false) {
        self.capture = capture
        streams = takesTCP ? TCPStreams() : nil
    }

    /// Octets of the file taken so far.
    package var bytesRead: Int { capture.bytesRead }

    /// The file's size; nil where it is a pipe.
    package var totalBytes: Int? { capture.totalBytes }

    /// What gave no datagram so far; fragments that still wait for others count as such.
    package var skipped: SkippedPackets {
        var all = skippedPackets
        all.incompleteFragments = reassembly.unusedFragments + (streams?.unusedSegments ?? 0)
        return all
    }

    /// The next datagram; nil at the end, and after an error.
    package mutating func next() throws(CaptureError) -> ExportDatagram? {
        while let packet = try capture.next() {
            packets += 1
            if let datagram = datagram(in: packet) { return datagram }
        }
        return nil
    }

    private mutating func datagram(in captured: CapturedPacket) -> ExportDatagram? {
        switch LinkLayer.content(of: captured) {
        case .unknownLinkType: skippedPackets.unknownLinkTypes += 1
        case .other: skippedPackets.otherProtocols += 1
        case .ip(let bytes):
            do {
                let packet = try IPPacket(bytes, takesTCP: streams != nil)
                if packet.isTCP { return octets(of: packet, captured.timestamp) }
                guard let fragment = packet.fragment else { return datagram(packet.payload, packet, captured.timestamp) }
                guard let whole = reassembly.add(packet, fragment, at: captured.timestamp) else { return nil }
                return datagram(whole[...], packet, captured.timestamp)
            } catch {
                switch error {
                case .otherProtocol: skippedPackets.otherProtocols += 1
                case .cutShort: skippedPackets.cutShort += 1
                case .malformed: skippedPackets.malformed += 1
                }
            }
        }
        return nil
    }

    /// The octets of a TCP connection that a segment makes complete.
    private mutating func octets(of packet: IPPacket, _ timestamp: Timestamp) -> ExportDatagram? {
        // TCP asks the path how much it carries, so that segments are not fragmented.
        switch packet.fragment == nil ? streams?.add(packet) : nil {
        case .octets(let connection, let octets):
            guard !octets.isEmpty else { return nil }
            let header = CaptureFields(packet.payload, isBigEndian: true)
            return ExportDatagram(
                timestamp: timestamp, source: packet.source, destination: packet.destination, sourcePort: header.uint16(0),
                destinationPort: header.uint16(2), payload: octets, connection: connection)
        case .malformed: skippedPackets.malformed += 1
        case .foreign, nil: skippedPackets.otherProtocols += 1
        }
        return nil
    }

    /// Takes the UDP header off (RFC 768).
    private mutating func datagram(_ segment: ArraySlice<UInt8>, _ packet: IPPacket, _ timestamp: Timestamp) -> ExportDatagram? {
        let header = CaptureFields(segment, isBigEndian: true)
        let length = Int(header.uint16(4))
        guard segment.count >= 8, length >= 8, length <= segment.count else {
            skippedPackets.malformed += 1
            return nil
        }
        return ExportDatagram(
            timestamp: timestamp, source: packet.source, destination: packet.destination, sourcePort: header.uint16(0),
            destinationPort: header.uint16(2), payload: Array(header.slice(8, length: length - 8)))
    }
}
