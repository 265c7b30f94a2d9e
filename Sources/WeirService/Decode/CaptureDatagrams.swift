import FlowModel
import PacketCapture

/// The export datagrams of a capture, with progress shown to a person who waits for a long one.
enum CaptureDatagrams {
    /// Calls `body` for each UDP datagram of `file` to one of `ports` (empty: any) until it returns false.
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
        var reader = try ExportDatagramReader(path: file)
        var shownAt = WallClock.monotonic
        let showsProgress = StandardError.isTerminal
        defer { if showsProgress { StandardError.write("\r\u{1B}[K") } }
        while let datagram = try reader.next() {
            if ports.isEmpty || ports.contains(datagram.destinationPort), !body(datagram) { return }
            datagrams += 1
            // The clock is asked only now and then.
            guard showsProgress, datagrams & 255 == 0, WallClock.monotonic - shownAt > 500_000_000 else { continue }
            shownAt = WallClock.monotonic
            let share = reader.totalBytes.map { " of \($0 >> 20) MiB" } ?? ""
            StandardError.write("\r\u{1B}[K\(file): \(reader.bytesRead >> 20) MiB\(share)")
        }
    }
}
