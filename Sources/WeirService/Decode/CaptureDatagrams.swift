import Collector
import FlowModel
import PacketCapture

/// The export datagrams of a capture, the IPFIX messages in its TCP connections among them, with progress shown to a person who waits for a long one.
enum CaptureDatagrams {
    /// Calls `body` for each UDP datagram and each IPFIX message over TCP of `file` to one of `ports` (empty: any) until it returns false.
    ///
    /// - Returns: whether the file could be read to its end; where not, the reason has gone to standard error, and what stood before it to `body`.
    static func forEach(in file: String, ports: Set<UInt16>, _ body: (ExportDatagram) -> Bool) -> Bool {
        do {
            try read(file, ports, body)
            return true
        } catch {
            StandardError.write("weir: \(error)\n")
            return false
        }
    }

    private static func read(_ file: String, _ ports: Set<UInt16>, _ body: (ExportDatagram) -> Bool) throws(CaptureError) {
        var datagrams = 0
        var reader = try ExportDatagramReader(path: file, takesTCP: true)
        var messages = CapturedMessages()
        var shownAt = WallClock.monotonic
        let showsProgress = StandardError.isTerminal
        defer { if showsProgress { StandardError.write("\r\u{1B}[K") } }
        while let datagram = try reader.next() {
            if ports.isEmpty || ports.contains(datagram.destinationPort), !messages.forEach(in: datagram, body) { return }
            datagrams += 1
            // The clock is asked only now and then.
            guard showsProgress, datagrams & 255 == 0, WallClock.monotonic - shownAt > 500_000_000 else { continue }
            shownAt = WallClock.monotonic
            let share = reader.totalBytes.map { " of \($0 >> 20) MiB" } ?? ""
            StandardError.write("\r\u{1B}[K\(file): \(reader.bytesRead >> 20) MiB\(share)")
        }
    }
}

/// Cuts the octets of TCP connections into messages.
private struct CapturedMessages {
    /// By connection; only of those within a message.
    private var framings: [UInt32: MessageFraming] = [:]
    /// Connections in which something else than IPFIX came.
    private var violated: Set<UInt32> = []

    /// Calls `body` for a datagram, or for each message that the octets of a connection make whole, until it returns false, which this does then, too.
    mutating func forEach(in datagram: ExportDatagram, _ body: (ExportDatagram) -> Bool) -> Bool {
        guard datagram.connection != 0 else { return body(datagram) }
        guard !violated.contains(datagram.connection) else { return true }
        var goesOn = true
        var framing = framings.removeValue(forKey: datagram.connection) ?? MessageFraming()
        do {
            try unsafe datagram.payload.withUnsafeBytes { octets in
                try unsafe framing.take(octets) { messages in
                    unsafe MessageFraming.forEach(in: messages) { octets in
                        var message = datagram
                        message.payload = unsafe Array(octets)
                        if goesOn { goesOn = body(message) }
                    }
                }
            }
        } catch {
            violated.insert(datagram.connection)
            return goesOn
        }
        if framing.isInMessage { framings[datagram.connection] = framing }
        return goesOn
    }
}

extension SessionKey {
    /// The session that a datagram of a capture belongs to.
    init(_ datagram: ExportDatagram) {
        self.init(
            address: datagram.source, sourcePort: datagram.sourcePort, localPort: datagram.destinationPort, connection: datagram.connection)
    }
}
