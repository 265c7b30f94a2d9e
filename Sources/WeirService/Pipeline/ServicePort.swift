import FlowModel
import Identity

/// The value of the label `service_port` of a flow.
enum ServicePort: Sendable, Equatable {
    /// Its protocol has none.
    case none
    /// None that anybody is known to listen at.
    case other
    case port(UInt16)

    /// Ports that are named whoever has them; a bit each, or empty.
    struct Configured: Sendable {
        private var bits: [UInt64] = []

        init(_ ranges: [ClosedRange<UInt16>]) {
            guard !ranges.isEmpty else { return }
            bits = [UInt64](repeating: 0, count: 1 << 10)
            for range in ranges { for port in range { bits[Int(port >> 6)] |= 1 << UInt64(port & 63) } }
        }

        func contains(_ port: UInt16) -> Bool {
            !bits.isEmpty && bits[Int(port >> 6)] >> UInt64(port & 63) & 1 == 1
        }
    }

    /// The port that a flow is for: its destination's where something listens there, or it is a configured one; else its source's, whose answer it is.
    init(of flow: borrowing Flow, in identity: IdentitySnapshot, _ configured: Configured) {
        let number = flow.protocolNumber
        guard number == 6 || number == 17 || number == 132 else {
            self = .none
            return
        }
        func isServicePort(_ address: IPAddress, _ port: UInt16) -> Bool {
            configured.contains(port) || identity.isServicePort(TransportAddress(address: address, port: port, protocolNumber: number))
        }
        if isServicePort(flow.destination, flow.destinationPort) {
            self = .port(flow.destinationPort)
        } else if isServicePort(flow.source, flow.sourcePort) {
            self = .port(flow.sourcePort)
        } else {
            self = .other
        }
    }

    /// As the label shows it; empty for none.
    var label: String {
        switch self {
        case .none: ""
        case .other: "other"
        case .port(let port): "\(port)"
        }
    }

    /// Of 17 bits and one.
    var code: UInt64 {
        switch self {
        case .none: 1 << 17
        case .other: 1 << 16
        case .port(let port): UInt64(port)
        }
    }
}
