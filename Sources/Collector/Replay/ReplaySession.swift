import FlowModel
import Glibc

/// Sends a capture's export datagrams again, at a pace, and keeps its exporters and their sessions apart.
///
/// Each exporter address is sent from an address of its own where there are enough (`ReplayExporter` says which), and each of its ports from a
/// socket of its own. Over several rounds they stay the same, as an exporter's do that starts again. Blocks the thread it is called on.
package struct ReplaySession: ~Copyable {
    /// What has been sent.
    package struct Statistics: Sendable, Equatable {
        package var datagrams = 0
        /// Octets of UDP payload.
        package var bytes = 0
        /// How often the destination has answered that nobody listens there.
        package var unheard = 0
    }

    private struct Origin: Hashable {
        var address: IPAddress
        var port: UInt16
    }

    /// What has been sent so far, without what waits for the rest of its batch.
    package private(set) var statistics = Statistics()
    /// The exporters met so far, in the order of appearance.
    package private(set) var exporters: [ReplayExporter] = []
    private let destination: UDPDestination
    private let clock: ReplayClock
    private var sources: ReplaySources
    private var pacer: ReplayPacer
    private var senders: [Origin: UDPSender] = [:]
    private var batch = SendBatch()
    private var batchBytes = 0
    private var batchSender: UDPSender?

    /// A replay that has not sent anything yet.
    ///
    /// - Parameter sources: addresses of this machine to send from, by exporter address (`--source EXPORTER=LOCAL`).
    /// - Throws: where one of them is not of the destination's family.
    package init(
        to destination: UDPDestination, pace: ReplayPace, sources: [IPAddress: IPAddress] = [:], clock: ReplayClock = .system
    ) throws(AddressError) {
        self.destination = destination
        self.clock = clock
        self.sources = try ReplaySources(destination: destination, named: sources)
        pacer = ReplayPacer(pace)
    }

    /// Sends the next datagram when it is due. Datagrams that are due together may be held until `finish()` or the next that has to wait.
    ///
    /// - Returns: its exporter, where this is the first datagram of it.
    @discardableResult
    package mutating func send(_ datagram: ReplayDatagram) throws(SocketError) -> ReplayExporter? {
        let now = clock.now()
        let due = pacer.due(datagram.time, now: now)
        if due > now {
            try flush()
            clock.wait(due)
        }
        let known = exporters.count
        let sender = try sender(for: Origin(address: datagram.source, port: datagram.sourcePort))
        if sender !== batchSender {
            try flush()
            batchSender = sender
        }
        if !append(datagram.payload) {
            try flush()
            guard append(datagram.payload) else { throw SocketError("send to \(destination)", code: EMSGSIZE) }
        }
        return exporters.count > known ? exporters.last : nil
    }

    /// Says that the capture begins again: its first datagram is due when the last one was.
    package mutating func startOver() {
        pacer.startOver()
    }

    /// Sends what is still held.
    package mutating func finish() throws(SocketError) {
        try flush()
    }

    private mutating func append(_ payload: [UInt8]) -> Bool {
        guard unsafe payload.withUnsafeBytes({ unsafe batch.append($0) }) else { return false }
        batchBytes += payload.count
        return true
    }

    private mutating func flush() throws(SocketError) {
        guard let batchSender, batch.count > 0 else { return }
        statistics.unheard += try batchSender.send(batch)
        statistics.datagrams += batch.count
        statistics.bytes += batchBytes
        batch.removeAll()
        batchBytes = 0
    }

    private mutating func sender(for origin: Origin) throws(SocketError) -> UDPSender {
        if let known = senders[origin] { return known }
        let sender = try UDPSender(to: destination, from: sources.local(for: origin.address))
        senders[origin] = sender
        if !exporters.contains(where: { $0.captured == origin.address }) {
            let mistakenFor = exporters.first { $0.local == sender.source }?.captured
            exporters.append(ReplayExporter(captured: origin.address, local: sender.source, mistakenFor: mistakenFor))
        }
        return sender
    }
}
