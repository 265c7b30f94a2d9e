/// Ports that may be of interest: says of most others at once that they are not. What was put in stays.
struct PortSet: Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ port: UInt16) {
        if words.isEmpty { words = [UInt64](repeating: 0, count: 1024) }
        words[Int(port >> 6)] |= 1 << UInt64(port & 63)
    }

    func contains(_ port: UInt16) -> Bool {
        !words.isEmpty && words[Int(port >> 6)] & 1 << UInt64(port & 63) != 0
    }
}
