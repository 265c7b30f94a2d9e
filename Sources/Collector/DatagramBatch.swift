import CLinuxSockets
import FlowModel

/// The datagrams of one receive call, all from one listener; or messages of one TCP connection, which are datagrams to all who decode them. It and everything in it is valid only in the call it is passed to.
@safe package struct DatagramBatch: ~Copyable {
    private let datagrams: UnsafePointer<weir_datagram>
    /// How many datagrams there are, 1...64.
    package let count: Int
    /// The listener they came to: an index into `Collector.listeners`, which is the order of the configuration's `listen`; for messages of a connection, into
    /// `Collector.streamListeners`.
    package let listener: Int
    /// The port of that listener.
    package let localPort: UInt16
    /// Wall time when the batch was received; not before any of its datagrams' own times, but for a clock that was set.
    package let now: Timestamp
    /// Datagrams the kernel dropped at this listener and thread, for want of buffer, noticed since the batch before.
    package let receiveDrops: UInt64
    /// The TCP connection they came by (`StreamConnection.number`); 0 for UDP.
    package let connection: UInt32

    init(
        datagrams: UnsafePointer<weir_datagram>, count: Int, listener: Int, localPort: UInt16, now: Timestamp, receiveDrops: UInt64,
        connection: UInt32 = 0
    ) {
        unsafe self.datagrams = datagrams
        self.count = count
        self.listener = listener
        self.localPort = localPort
        self.now = now
        self.receiveDrops = receiveDrops
        self.connection = connection
    }

    /// The datagram at `index`, 0..<count.
    package subscript(_ index: Int) -> Datagram {
        precondition(index >= 0 && index < count)
        return unsafe Datagram(datagrams[index])
    }

    /// Lends `body` a batch of one datagram that came another way than by a socket, from a capture for one. Nothing is copied.
    package static func withDatagram<Result, Failure: Error>(
        _ payload: UnsafeRawBufferPointer, source: IPAddress, sourcePort: UInt16, localPort: UInt16, listener: Int = 0, received: Timestamp,
        _ body: (borrowing DatagramBatch) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var datagram = unsafe weir_datagram(
            payload: payload.baseAddress, source_high: source.high, source_low: source.low, received: received.nanoseconds,
            length: UInt32(clamping: payload.count), source_port: sourcePort)
        return try unsafe withUnsafePointer(to: &datagram) { pointer throws(Failure) in
            try unsafe body(
                DatagramBatch(datagrams: pointer, count: 1, listener: listener, localPort: localPort, now: received, receiveDrops: 0))
        }
    }
}

/// One datagram of a batch.
@safe package struct Datagram {
    /// Its octets, 0...65,535; valid as long as the batch is.
    @unsafe package let payload: UnsafeRawBufferPointer
    /// Who sent it: IPv4 senders as IPv4 addresses, on dual-stack sockets too.
    package let source: IPAddress
    /// The sender's port.
    package let sourcePort: UInt16
    /// When the kernel received it, wall time.
    package let received: Timestamp

    init(_ datagram: weir_datagram) {
        unsafe payload = UnsafeRawBufferPointer(start: datagram.payload, count: Int(datagram.length))
        unsafe source = IPAddress(high: datagram.source_high, low: datagram.source_low)
        unsafe sourcePort = datagram.source_port
        unsafe received = Timestamp(nanoseconds: datagram.received)
    }
}
