import FlowModel

// Values that the API writes as text. What is not of their form is an error that says what the form is.

extension IPAddress: Decodable {
    /// Reads the address's text.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("an address (10.128.2.9, fd01:0:0:2::9)") { IPAddress($0) }
    }
}

extension IPNetwork: Decodable {
    /// Reads the network's text, CIDR notation.
    public init(from decoder: any Decoder) throws {
        self = try decoder.text("a network (10.128.2.0/23, fd01:0:0:2::/64)") { IPNetwork($0) }
    }
}

/// The transport of a port.
package enum TransportProtocol: String, Decodable, Sendable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"

    package init(from decoder: any Decoder) throws {
        self = try decoder.text("a protocol (TCP, UDP, SCTP)") { TransportProtocol(rawValue: $0) }
    }

    /// IANA's protocol number.
    package var number: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        case .sctp: 132
        }
    }
}

/// A port number, 0...65,535.
package struct PortNumber: Decodable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // As a number of any size, so that the error can name it.
        let number = try container.decode(Double.self)
        guard let rawValue = UInt16(exactly: number) else {
            let text = Int64(exactly: number).map(String.init) ?? "\(number)"
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not a port number (0 to 65535)")
        }
        self.rawValue = rawValue
    }
}

/// `metav1.Time`: a moment in RFC 3339 form.
package struct ObjectTime: Decodable, Sendable, Equatable {
    package var timestamp: Timestamp

    package init(from decoder: any Decoder) throws {
        timestamp = try decoder.text("a time (2026-11-20T08:00:05Z)") { Self.timestamp(rfc3339: $0) }
    }

    /// Reads the API's own form: whole seconds of UTC. nil for any other.
    package static func timestamp(rfc3339 text: String) -> Timestamp? {
        let octets = Array(text.utf8)
        guard octets.count == 20, octets[4] == 0x2D, octets[7] == 0x2D, octets[10] == 0x54, octets[13] == 0x3A, octets[16] == 0x3A, octets[19] == 0x5A
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            octets[range].reduce(0) { value, octet in
                guard let value, (0x30...0x39).contains(octet) else { return nil }
                return value * 10 + Int64(octet - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        // Days since 1970-01-01, years beginning in March so that the leap day is the last of its year.
        let marchYear = month > 2 ? year : year - 1
        let yearDay = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + yearDay - 719_468
        return Timestamp(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
    }
}

extension Decoder {
    /// A text that `read` understands; the error says that it is not `form`.
    fileprivate func text<Value>(_ form: String, _ read: (String) -> Value?) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = read(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text.prefix(80))\" is not \(form)")
        }
        return value
    }
}
