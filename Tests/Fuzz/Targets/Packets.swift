import FlowModel
import FlowProtocols

/// The headers of a sampled packet, behind ten octets that say what the exporter says of it.
func packets(_ input: Input) {
    let octets = input.array
    let head = octets.prefix(10) + [UInt8](repeating: 0, count: max(0, 10 - octets.count))
    func number(_ range: Range<Int>) -> Int { head[range].reduce(0) { $0 << 8 | Int($1) } }
    let frameLength = number(1..<5)
    let stripped = number(5..<7)
    let tunnelEnd = head[0] & 2 != 0 ? number(7..<10) : nil

    let link: PacketSection.Link = head[0] & 1 == 0 ? .ethernet : .ip
    let opensTunnels = head[0] & 4 == 0
    var flow = Flow()
    var detail = FlowDetail()
    let (isRead, hasDetail) = unsafe withExactOctets(octets.dropFirst(10)) { octets in
        let section = unsafe ByteReader(octets)
        let isRead = PacketSection.parse(
            section, link: link, frameLength: frameLength, stripped: stripped, tunnelEnd: tunnelEnd, opensTunnels: opensTunnels, into: &flow)
        return (isRead, PacketSection.parseDetail(section, link: link, tunnelEnd: tunnelEnd, opensTunnels: opensTunnels, into: &detail))
    }
    hold(isRead == hasDetail, "for its details a packet reads in another way")
    hold(detail.tunnelVNI == 0 || flow.traits.contains(.tunnelled), "the details are those of another packet")
    hold(Int(flow.overhead) <= frameLength, "an overhead of \(flow.overhead) octets in a frame of \(frameLength)")
    hold(flow.bytes == 0 && flow.packets == 0, "a packet's headers changed its counts")
    hold(isRead || flow.source.isUnspecified && flow.overhead == 0, "a packet that cannot be read has filled the flow")
}
