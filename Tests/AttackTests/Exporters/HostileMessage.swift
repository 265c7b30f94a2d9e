import FlowModel

/// Writes messages of IPFIX and NetFlow v9 whose parts may lie: nothing in them is put right.
struct HostileMessage: Sendable {
    /// 9 or 10.
    let version: UInt16
    /// Observation domain, source id.
    var domain: UInt32 = 1
    private var sets: [UInt8] = []

    init(version: UInt16, domain: UInt32 = 1) {
        self.version = version
        self.domain = domain
    }

    /// Adds a set.
    ///
    /// - Parameter length: what its header says, where that is not the truth.
    mutating func add(set id: UInt16, _ octets: [UInt8], length: UInt16? = nil) {
        sets += [UInt8](halves: [id, length ?? UInt16(truncatingIfNeeded: octets.count + 4)]) + octets
    }

    /// Adds sets with their headers, as they are.
    mutating func add(sets octets: [UInt8]) {
        sets += octets
    }

    /// Adds a template of these elements and lengths.
    mutating func add(template id: UInt16, _ fields: [(element: UInt16, length: UInt16)]) {
        add(set: version == 10 ? 2 : 0, [UInt8](halves: [id, UInt16(fields.count)] + fields.flatMap { [$0.element, $0.length] }))
    }

    /// The datagram.
    ///
    /// - Parameter length: what the header of IPFIX says, where that is not the truth.
    func octets(sequence: UInt32 = 0, length: UInt16? = nil) -> [UInt8] {
        let seconds = UInt32(truncatingIfNeeded: Int64(Timestamp.now.seconds))
        if version == 10 {
            return [UInt8](halves: [10, length ?? UInt16(truncatingIfNeeded: sets.count + 16)]) + [UInt8](words: [seconds, sequence, domain]) + sets
        }
        return [UInt8](halves: [version, 1]) + [UInt8](words: [60_000, seconds, sequence, domain]) + sets
    }
}
