import FlowModel

extension SFlowDecoder {
    /// Reads a counter sample (format 2, or 4 with `isExpanded`): generic and Ethernet interface counters, and a port's name.
    static func decodeCounters(_ sample: ByteReader, isExpanded: Bool, into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var reader = sample
        guard let sequence = reader.uint32(), let source = reader.sFlowSource(isExpanded: isExpanded), let count = reader.uint32() else {
            return summary.note(.truncated)
        }
        var generic: ByteReader?
        var ethernet: ByteReader?
        var name: ByteReader?
        for _ in 0..<count {
            guard let (format, record) = reader.sFlowItem() else {
                summary.note(.malformed)
                break
            }
            switch format {
            case 1: generic = record
            case 2: ethernet = record
            case 1005: name = record  // openflow_port_name (sflow.org/sflow_openflow.txt)
            default: break
            }
        }

        var index = source.class == 0 ? source.index : nil
        if let generic {
            if var counters = InterfaceCounters(sFlowGeneric: generic, ethernet: ethernet) {
                counters.observationDomain = summary.observationDomain
                counters.sequenceNumber = sequence
                index = counters.index
                batch.interfaceCounters.append(counters)
            } else {
                summary.note(.malformed)
            }
        }
        if let index, let text = name?.sFlowString(), !text.isEmpty {
            batch.facts.append(.interfaceName(domain: summary.observationDomain, index: index, name: text))
        }
    }
}

extension ByteReader {
    fileprivate mutating func sFlowSource(isExpanded: Bool) -> (class: UInt32, index: UInt32)? {
        guard let first = uint32() else { return nil }
        guard isExpanded else { return (first >> 24, first & 0xFF_FFFF) }
        return uint32().map { (first, $0) }
    }

    /// The text of an XDR string; nil where its length is more than there is, or more than a name needs.
    fileprivate func sFlowString() -> String? {
        var reader = self
        guard let length = reader.uint32(), length <= 255, let text = reader.slice(Int(length)) else { return nil }
        return String(decoding: text.copyRemaining(), as: UTF8.self)
    }

    /// The next counter; a counter of all ones is one that the agent does not support.
    fileprivate mutating func counter() -> UInt32? {
        uint32().map { $0 == .max ? 0 : $0 }
    }

    /// The next 64-bit counter; a counter of all ones is one that the agent does not support.
    fileprivate mutating func wideCounter() -> UInt64? {
        uint64().map { $0 == .max ? 0 : $0 }
    }

    /// The sum of the counters at these places of a record, those that are supported.
    fileprivate func sum(at places: [Int]) -> UInt32 {
        places.reduce(0) { sum, place in
            let value = peek(UInt32.self, at: place * 4) ?? 0
            return value == .max ? sum : sum &+ value
        }
    }
}

extension InterfaceCounters {
    /// Reads `if_counters` (format 1), and `ethernet_counters` (format 2) where the former has no count of errors; nil where it is cut off.
    fileprivate init?(sFlowGeneric generic: ByteReader, ethernet: ByteReader?) {
        var reader = generic
        guard let index = reader.uint32(), reader.skip(4), let speed = reader.wideCounter(), reader.skip(8), let octetsIn = reader.wideCounter(),
            let unicastIn = reader.counter(), let multicastIn = reader.counter(), let broadcastIn = reader.counter(),
            let discardsIn = reader.counter(), let errorsIn = reader.uint32(), reader.skip(4), let octetsOut = reader.wideCounter(),
            let unicastOut = reader.counter(), let multicastOut = reader.counter(), let broadcastOut = reader.counter(),
            let discardsOut = reader.counter(), let errorsOut = reader.uint32()
        else { return nil }
        self.init()
        self.index = index
        self.speed = speed
        input.octets = octetsIn
        input.unicastPackets = unicastIn
        input.multicastPackets = multicastIn
        input.broadcastPackets = broadcastIn
        input.discards = discardsIn
        output.octets = octetsOut
        output.unicastPackets = unicastOut
        output.multicastPackets = multicastOut
        output.broadcastPackets = broadcastOut
        output.discards = discardsOut
        // RFC 3635 defines ifInErrors and ifOutErrors as the sums of these, so they are never added to them.
        input.errors = errorsIn == .max ? ethernet?.sum(at: [0, 1, 10, 11]) ?? 0 : errorsIn
        output.errors = errorsOut == .max ? ethernet?.sum(at: [4, 6, 7, 8, 9]) ?? 0 : errorsOut
    }
}
