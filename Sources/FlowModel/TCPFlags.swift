/// The control bits of a TCP header (RFC 9293 §3.1), or the union of those of a flow's packets (IE 6 `tcpControlBits`).
public struct TCPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// The bits as they stand in the header: bytes 12 and 13 without the data offset.
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// No more data from the sender.
    public static let fin = TCPFlags(rawValue: 0x01)
    /// Synchronise sequence numbers.
    public static let syn = TCPFlags(rawValue: 0x02)
    /// Reset the connection.
    public static let rst = TCPFlags(rawValue: 0x04)
    /// Push function.
    public static let psh = TCPFlags(rawValue: 0x08)
    /// The acknowledgement field is significant.
    public static let ack = TCPFlags(rawValue: 0x10)
    /// The urgent pointer is significant.
    public static let urg = TCPFlags(rawValue: 0x20)
    /// ECN echo (RFC 3168).
    public static let ece = TCPFlags(rawValue: 0x40)
    /// Congestion window reduced (RFC 3168).
    public static let cwr = TCPFlags(rawValue: 0x80)
}
