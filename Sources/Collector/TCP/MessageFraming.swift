/// Cuts a stream of octets into IPFIX messages by the length that each says in its header (RFC 7011 §3.1, §10.4.3).
///
/// Octets come in any pieces. What is held back is the message begun: never more than has arrived of it, and at most 65,535 octets.
package struct MessageFraming: Sendable {
    /// Why what comes can be no IPFIX: nothing behind it can be found again, so the connection is of no use any more.
    package enum Violation: Error, Sendable, Equatable {
        /// A message begins with another version than 10.
        case version
        /// A message says that it is shorter than its header, 16 octets.
        case length
    }

    /// The message begun, from its first octet on; empty between messages.
    private var begun: [UInt8] = []

    /// At the beginning of a stream.
    package init() {}

    /// Whether a message has begun and is not whole yet.
    package var isInMessage: Bool { !begun.isEmpty }

    /// Octets of the message begun, 0...65,534.
    package var heldOctets: Int { begun.count }

    /// Takes the next octets of the stream.
    ///
    /// - Parameter deliver: is lent whole messages, one or several, without a gap between them.
    /// - Throws: where the stream is no IPFIX; what was whole before that has been delivered.
    package mutating func take(_ octets: UnsafeRawBufferPointer, deliver: (UnsafeRawBufferPointer) -> Void) throws(Violation) {
        var rest = unsafe octets[...]
        if !begun.isEmpty {
            unsafe append(&rest, upTo: Self.lengthEnd)
            guard let length = try Self.length(of: begun) else { return }
            unsafe append(&rest, upTo: length)
            guard begun.count == length else { return }
            unsafe begun.withUnsafeBytes { unsafe deliver($0) }
            begun = []
        }
        let whole: Int
        var violation: Violation?
        (whole, violation) = unsafe Self.wholeMessages(in: rest)
        if whole > 0 { unsafe deliver(UnsafeRawBufferPointer(rebasing: rest.prefix(whole))) }
        if let violation { throw violation }
        unsafe begun.append(contentsOf: rest.dropFirst(whole))
    }

    /// The messages that `take` has lent, one after the other.
    package static func forEach(in messages: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var rest = unsafe messages[...]
        while let length = try? unsafe Self.length(of: rest), unsafe length <= rest.count {
            unsafe body(UnsafeRawBufferPointer(rebasing: rest.prefix(length)))
            unsafe rest = rest.dropFirst(length)
        }
    }

    // MARK: Details

    /// Octets of a header up to and with the length.
    private static let lengthEnd = 4
    private static let headerLength = 16

    /// Octets of the whole messages that `octets` begin with, and what is wrong behind them.
    private static func wholeMessages(in octets: Slice<UnsafeRawBufferPointer>) -> (octets: Int, violation: Violation?) {
        var whole = 0
        do {
            while let length = try unsafe length(of: octets.dropFirst(whole)), unsafe length <= octets.count - whole { whole += length }
            return (whole, nil)
        } catch {
            return (whole, error)
        }
    }

    /// The length of the message that `octets` begin with; nil where they end before it.
    private static func length(of octets: some Sequence<UInt8>) throws(Violation) -> Int? {
        var position = 0
        var length = 0
        for octet in octets.prefix(lengthEnd) {
            switch position {
            // A wrong version shows with the first octet already.
            case 0 where octet != 0, 1 where octet != 10: throw .version
            case 2, 3: length = length << 8 | Int(octet)
            default: break
            }
            position += 1
        }
        guard position == lengthEnd else { return nil }
        guard length >= headerLength else { throw .length }
        return length
    }

    private mutating func append(_ octets: inout Slice<UnsafeRawBufferPointer>, upTo count: Int) {
        let piece = unsafe octets.prefix(max(0, count - begun.count))
        unsafe begun.append(contentsOf: piece)
        unsafe octets = unsafe octets.dropFirst(piece.count)
    }
}
