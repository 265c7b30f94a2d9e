import FlowModel
import FlowProtocols

/// What a run of `weir decode` has seen: its last lines on standard error.
struct DecodeSummary: Sendable {
    var datagrams: UInt64 = 0
    var flows: UInt64 = 0
    var bytes: UInt64 = 0
    var packets: UInt64 = 0
    private var errors: [DecodeError: UInt64] = [:]

    /// Takes in one datagram, decoded or not.
    mutating func note(_ summary: DatagramSummary, _ flows: [Flow]) {
        datagrams += 1
        self.flows += UInt64(flows.count)
        for flow in flows {
            bytes &+= flow.bytes
            packets &+= flow.packets
        }
        for error in summary.errors { errors[error, default: 0] += 1 }
    }

    /// Notes errors that belong to no datagram: data whose template never came.
    mutating func note(_ error: DecodeError, times: Int) {
        if times > 0 { errors[error, default: 0] += UInt64(times) }
    }

    /// Datagrams, flows, bytes, packets, and errors by reason, on one line.
    var line: String {
        let reasons = errors.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
        return "\(datagrams) datagrams, \(flows) flows, \(bytes) bytes, \(packets) packets; errors: "
            + (reasons.isEmpty ? "none" : reasons.joined(separator: ", ")) + "\n"
    }
}
