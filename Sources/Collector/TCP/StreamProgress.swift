/// Where a connection's stream stands, and since when. Times are passed in: monotonic nanoseconds.
package struct StreamProgress: Sendable {
    private var framing = MessageFraming()
    /// When the last octets came; at first, when the connection did.
    private var heard: Int64
    /// When the message began that is not whole yet.
    package private(set) var messageBegan: Int64?

    /// A stream of which nothing has come.
    package init(now: Int64) {
        heard = now
    }

    /// Octets that are held of the message begun.
    package var heldOctets: Int { framing.heldOctets }

    /// Takes octets in; `deliver` is lent the messages that they make whole, as `MessageFraming.take` does.
    package mutating func take(
        _ octets: UnsafeRawBufferPointer, now: Int64, deliver: (UnsafeRawBufferPointer) -> Void
    ) throws(MessageFraming.Violation) {
        heard = now
        var isNewMessage = !framing.isInMessage
        try unsafe framing.take(octets) {
            isNewMessage = true
            unsafe deliver($0)
        }
        if !framing.isInMessage { messageBegan = nil } else if isNewMessage { messageBegan = now }
    }

    /// Why the connection must be closed now, though nothing in it was wrong.
    package func overdue(at now: Int64, _ limits: StreamLimits) -> StreamStatistics.Ending? {
        if let messageBegan, now - messageBegan >= limits.messageTime { return .stalled }
        return now - heard >= limits.idleTime ? .idle : nil
    }
}
