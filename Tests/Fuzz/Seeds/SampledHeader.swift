/// The first octets of a packet, with what the target `packets` wants to know of it.
struct SampledHeader {
    let input: [UInt8]

    /// A frame (or an IP packet) as it was captured.
    init(frame: ArraySlice<UInt8>, isEthernet: Bool) {
        self.init(section: frame.prefix(128), isEthernet: isEthernet, frameLength: frame.count)
    }

    private init(section: ArraySlice<UInt8>, isEthernet: Bool, frameLength: Int) {
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: frameLength >> $0) }
        input = [isEthernet ? 0 : 1] + length + [0, 0, 0, 0, 50] + section
    }

    /// The sampled headers (format 1) of an sFlow datagram's flow samples; none where it is of another form.
    static func all(in datagram: [UInt8]) -> [SampledHeader] {
        func word(_ offset: Int) -> Int { offset + 4 <= datagram.count ? datagram[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } : 0 }
        var headers: [SampledHeader] = []
        var offset = word(4) == 1 ? 28 : 40
        while offset + 8 <= datagram.count {
            let (format, end) = (word(offset), offset + 8 + word(offset + 4))
            var record = offset + (format == 1 ? 40 : 52)
            while format == 1 || format == 3, record + 24 <= min(end, datagram.count) {
                let (kind, length) = (word(record), word(record + 4))
                if kind == 1, record + 24 + word(record + 20) <= datagram.count {
                    let section = datagram[(record + 24)..<(record + 24 + word(record + 20))]
                    headers.append(SampledHeader(section: section, isEthernet: word(record + 8) == 1, frameLength: word(record + 12)))
                }
                record += 8 + length
            }
            offset = end
        }
        return headers
    }
}
