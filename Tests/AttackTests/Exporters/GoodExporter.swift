import FlowModel
import Support

/// The exporter that an attack must not cost anything: it speaks all four protocols, each at a sampling rate of its own, and knows what it has sent.
struct GoodExporter: Sendable {
    /// Flows in each datagram.
    private static let flowsOfDatagram = 5

    /// What it has sent.
    private(set) var sent = ExactCounts()
    private var sessions: [ExportSession]
    private var random = SeededGenerator(seed: 7)
    private var turn = 0

    /// An exporter that begins at `now`.
    init(at now: Timestamp) {
        let rates: [(ExportProtocol, UInt32?, UInt32)] = [(.netflow5, nil, 10), (.netflow9, nil, 20), (.ipfix, 7, 30), (.sflow5, nil, 40)]
        sessions = rates.enumerated().map { index, session in
            ExportSession(
                session.0, from: Origin(network: 0, host: 0x0101, port: UInt16(9000 + index)), sampler: session.1, rate: session.2, at: now)
        }
    }

    /// The value of the label `exporter`: it is one that the configuration names.
    static let name = "good"
    /// Its entry in the configuration.
    static let configuration = "exporters: [{ address: 127.0.1.1, name: \(name) }]\n"

    /// What it sends first: templates and rates.
    mutating func beginnings(at now: Timestamp) -> [(datagram: [UInt8], origin: Origin)] {
        var datagrams: [(datagram: [UInt8], origin: Origin)] = []
        for index in sessions.indices {
            let origin = sessions[index].origin
            datagrams += (sessions[index].templates(at: now) + sessions[index].announcement(at: now)).map { ($0, origin) }
        }
        return datagrams
    }

    /// Its next datagram, of one of its sessions in turn.
    ///
    /// - Parameter pods: how many of the pods of `shop` it reports: more pods are more pairs.
    mutating func next(pods: Int, at now: Timestamp) -> [(datagram: [UInt8], origin: Origin)] {
        turn += 1
        let index = turn % sessions.count
        let flows = (0..<Self.flowsOfDatagram).map { _ in
            let source = random.below(pods)
            return Flow.between(source, (source + 1 + random.below(4)) % pods, by: sessions[index].exportProtocol, at: now, using: &random)
        }
        for flow in flows { sent.add(flow, rate: sessions[index].rate) }
        let origin = sessions[index].origin
        return sessions[index].data(flows, at: now).map { ($0, origin) }
    }
}
