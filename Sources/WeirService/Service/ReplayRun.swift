import Collector
import FlowModel
import PacketCapture

/// `weir replay`: sends a capture's export datagrams again.
package enum ReplayRun {
    /// A mistake in what was asked for, or a capture with nothing to send.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Sends the datagrams of `file`, `loops` times, and says on standard error from where each exporter is sent.
    ///
    /// - Parameters:
    ///   - destination: `HOST:PORT`.
    ///   - rate: datagrams a second; nil: the capture's own times.
    ///   - sources: `EXPORTER=LOCAL`, each an address.
    package static func run(file: String, to destination: String, rate: Double?, loops: Int, sources: [String]) throws {
        var named: [IPAddress: IPAddress] = [:]
        for source in sources {
            let parts = source.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let exporter = IPAddress(parts[0]), let local = IPAddress(parts[1]) else {
                throw Failure(description: "--source \(source): expected two addresses, EXPORTER=LOCAL")
            }
            named[exporter] = local
        }
        var session = try ReplaySession(
            to: try UDPDestination(destination), pace: rate.map { .rate($0) } ?? .captured, sources: named)
        for loop in 0..<loops {
            if loop > 0 { session.startOver() }
            var reader = try ExportDatagramReader(path: file)
            while let datagram = try reader.next() {
                let replayed = ReplayDatagram(
                    time: datagram.timestamp, source: datagram.source, sourcePort: datagram.sourcePort, payload: datagram.payload)
                if let exporter = try session.send(replayed) { StandardError.write("\(exporter)\n") }
            }
        }
        try session.finish()
        let sent = session.statistics
        StandardError.write("\(sent.datagrams) datagrams, \(sent.bytes) bytes sent to \(destination)\n")
        if sent.datagrams == 0 { throw Failure(description: "\(file) has no UDP datagrams to send") }
        if sent.unheard > 0 { StandardError.write("nobody listens at \(destination): it was refused \(sent.unheard) times\n") }
    }
}
