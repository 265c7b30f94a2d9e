/// One open connection: where its stream stands and since when.
final class StreamPeer {
    let descriptor: Descriptor
    let connection: StreamConnection
    private var framing = MessageFraming()
    /// Monotonic nanoseconds of the last octets, and of the first of the message begun.
    private var heard: Int64
    private var messageBegan: Int64 = 0

    init(_ descriptor: Descriptor, _ connection: StreamConnection, now: Int64) {
        self.descriptor = descriptor
        self.connection = connection
        heard = now
    }

    /// Whether a message has begun and is not whole yet.
    var isInMessage: Bool { framing.isInMessage }

    /// Takes octets in; `deliver` is lent the messages that they make whole.
    func take(_ octets: UnsafeRawBufferPointer, now: Int64, deliver: (UnsafeRawBufferPointer) -> Void) throws(MessageFraming.Violation) {
        heard = now
        var isNewMessage = !framing.isInMessage
        try unsafe framing.take(octets) {
            isNewMessage = true
            unsafe deliver($0)
        }
        if isNewMessage { messageBegan = now }
    }

    /// Why it must be closed now, though it has done nothing wrong.
    func overdue(at now: Int64, _ limits: StreamLimits) -> StreamStatistics.Ending? {
        if framing.isInMessage, now - messageBegan >= limits.messageTime { return .stalled }
        return now - heard >= limits.idleTime ? .idle : nil
    }
}
