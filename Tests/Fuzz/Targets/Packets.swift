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

    func parse(wantsDetail: Bool) -> (Bool, Flow) {
        var flow = Flow()
        var detail = wantsDetail ? FlowDetail() : nil
        let isRead = unsafe withExactOctets(octets.dropFirst(10)) { section in
            unsafe PacketSection.parse(
                ByteReader(section), link: head[0] & 1 == 0 ? .ethernet : .ip, frameLength: frameLength, stripped: stripped, tunnelEnd: tunnelEnd,
                opensTunnels: head[0] & 4 == 0, into: &flow, detail: &detail)
        }
        return (isRead, flow)
    }
    let (isRead, flow) = parse(wantsDetail: false)
    let (isReadAgain, again) = parse(wantsDetail: true)
    hold(isRead == isReadAgain && [flow].holdTheSame(as: [again]), "with details a packet reads in another way")
    hold(Int(flow.overhead) <= frameLength, "an overhead of \(flow.overhead) octets in a frame of \(frameLength)")
    hold(flow.bytes == 0 && flow.packets == 0, "a packet's headers changed its counts")
    hold(isRead || flow.source.isUnspecified && flow.overhead == 0, "a packet that cannot be read has filled the flow")
}
