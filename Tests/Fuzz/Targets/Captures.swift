import FlowModel
import PacketCapture

/// A capture file, pcap or pcapng, and the datagrams in it, fragments put together.
func captures(_ input: Input) {
    let file = input.array
    let (datagrams, packets, skipped, error) = read(file)
    hold(skipped.total + datagrams.count <= packets, "\(skipped) and \(datagrams.count) datagrams of \(packets) packets")
    // A packet's record has 12 octets of its own at least.
    hold(packets <= file.count / 12, "\(packets) packets in \(file.count) octets")
    let octets = datagrams.reduce(0) { $0 + $1.payload.count }
    hold(octets <= file.count, "datagrams of \(octets) octets in \(file.count)")
    hold(datagrams.allSatisfy { $0.payload.count <= 1 << 18 }, "a datagram longer than a packet")

    // What can be written into one packet is read back as it was.
    let short = datagrams.filter { $0.payload.count <= 65_487 && $0.source.isV4 == $0.destination.isV4 }
    guard error == nil, short.count <= 16 else { return }
    var writer = CaptureWriter()
    for datagram in short { writer.append(datagram) }
    let again = read(writer.bytes)
    hold(again.error == nil && again.datagrams.map(\.payload) == short.map(\.payload), "a capture that was written reads in another way")
}

private func read(_ file: [UInt8]) -> (datagrams: [ExportDatagram], packets: Int, skipped: SkippedPackets, error: CaptureError?) {
    var datagrams: [ExportDatagram] = []
    do throws(CaptureError) {
        var reader = ExportDatagramReader(try CaptureReader(bytes: file, name: "fuzz.pcap"))
        do throws(CaptureError) {
            while let datagram = try reader.next() { datagrams.append(datagram) }
            return (datagrams, reader.packets, reader.skipped, nil)
        } catch {
            return (datagrams, reader.packets, reader.skipped, error)
        }
    } catch {
        return (datagrams, 0, SkippedPackets(), error)
    }
}
