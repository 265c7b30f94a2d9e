import FlowModel
import FlowProtocols
import Support

/// An exporter of the soak: it comes, sends for a while, and then restarts, changes or goes.
struct SoakExporter: Sendable {
    /// Addresses that exporters come from.
    static let addresses = 6
    private static let protocols: [ExportProtocol] = [.netflow5, .netflow9, .ipfix, .sflow5]

    private(set) var session: ExportSession
    /// Datagrams it sends until something happens to it.
    private var left: Int
    private var fresh: [[UInt8]] = []

    /// The exporter of this number: of 3,600 one behind the other each has an address or a port of its own, then these come again.
    init(number: Int, using random: inout SeededGenerator, at now: Timestamp) {
        let origin = Origin(network: 50, host: 1 + number % Self.addresses, port: UInt16(61_000 + number / Self.addresses % 600))
        self.init(from: origin, Self.protocols[number % Self.protocols.count], using: &random, at: now)
    }

    private init(from origin: Origin, _ exportProtocol: ExportProtocol, using random: inout SeededGenerator, at now: Timestamp) {
        // With a sampler the templates have a field more.
        let sampler: UInt32? = random.oneIn(2) ? 5 : nil
        session = ExportSession(exportProtocol, from: origin, sampler: sampler, rate: UInt32(2 + random.below(100)), uptime: 1, at: now)
        left = 3 + random.below(10)
        fresh = session.templates(at: now) + session.announcement(at: now)
    }

    /// Its next datagrams, the first of which may be templates.
    ///
    /// - Parameter born: how many exporters there have been.
    mutating func next(born: inout Int, adding sent: inout ExactCounts, using random: inout SeededGenerator, at now: Timestamp) -> [[UInt8]] {
        if left == 0 {
            switch random.below(5) {
            // Restarts: the same address and port, other templates and rates; sequence and uptime from the beginning.
            case 0, 1: self = SoakExporter(from: session.origin, session.exportProtocol, using: &random, at: now)
            // Goes, and another comes, or it comes from another port.
            default:
                self = SoakExporter(number: born, using: &random, at: now)
                born += 1
            }
        }
        left -= 1
        let flows = (0..<3).map { _ in Flow.between(random.below(30), 30 + random.below(10), by: session.exportProtocol, at: now, using: &random) }
        for flow in flows { sent.add(flow, rate: session.rate) }
        defer { fresh = [] }
        return fresh + session.data(flows, at: now)
    }
}
