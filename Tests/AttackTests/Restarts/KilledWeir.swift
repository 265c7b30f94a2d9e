import FlowModel
import Foundation
import Support

/// A weir that is killed again and again, with its exporters, which go on as if nothing had happened.
struct KilledWeir: Sendable {
    /// How a life ends.
    enum End: CaseIterable, Sendable {
        /// At any moment.
        case anywhere
        /// Within, or next to, a write of the state while it runs.
        case whileWriting
        /// Within, or next to, the write of the state at a stop.
        case whileStopping
    }

    /// Sessions of its exporters: enough for a state file of some megabytes.
    private static let sessions = 100
    private static let fillers = 12

    private let folder: TemporaryFolder
    private let configuration: String
    private var exporters: [ExportSession] = []
    private var random: SeededGenerator
    private var weir: RunningWeir
    private var lives = 0

    /// Its first life, which ends well: from then on there is state.
    init(number: Int) async throws {
        random = SeededGenerator(seed: UInt64(100 + number))
        folder = try TemporaryFolder()
        try folder.write("pods.yaml", ClusterPods.file)
        configuration = """
            collector: { threads: 1 }
            identity: { file: pods.yaml }
            metrics: { birth_delay: 0s }
            state: { directory: \(folder.path("state")) }
            """
        weir = try await RunningWeir(configuration: configuration, folder: folder)
        for session in 0..<Self.sessions {
            let origin = Origin(network: UInt8(60 + number), host: 1 + session, port: 9000)
            exporters.append(ExportSession(session % 2 == 0 ? .ipfix : .netflow9, from: origin, rate: 2, at: .now))
        }
        try await load(until: nil)
        weir.process.send(SIGTERM)
        _ = try await weir.process.exitStatus(within: 20)
    }

    /// Another life on what the last has left. Gives whether its end fell into a write.
    ///
    /// - Throws: where what was kept is not whole, or is not what the first datagrams are decoded and counted with.
    mutating func live(until end: End) async throws -> Bool {
        lives += 1
        let kept = try KeptState(folder.path("state"))
        weir = try await RunningWeir(configuration: configuration, folder: folder, port: weir.flowPort)
        try await resume(with: kept)
        try await load(until: end)
        _ = try await weir.process.exitStatus(within: 20)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("state"))
        guard !names.contains(where: { $0.contains("damaged") }) else { throw DeadlinePassed(description: "a state file was set aside: \(names)") }
        return names.contains { $0.hasSuffix(".weir-tmp") }
    }

    /// One more restart, to see that what was left is whole.
    mutating func check() async throws {
        let kept = try KeptState(folder.path("state"))
        weir = try await RunningWeir(configuration: configuration, folder: folder, port: weir.flowPort)
        try await resume(with: kept)
    }

    /// The first datagram of each exporter is data, and counts at the rate that was kept.
    private mutating func resume(with kept: KeptState) async throws {
        var expected = ExactCounts()
        var datagrams: [(octets: [UInt8], origin: Origin)] = []
        for index in exporters.indices {
            let origin = exporters[index].origin
            guard let rate = kept.rate(of: origin) else { throw DeadlinePassed(description: "nothing is kept of \(origin.exporter)") }
            let flows = (0..<3).map { _ in
                Flow.between(random.below(40), random.below(40), by: exporters[index].exportProtocol, at: .now, using: &random)
            }
            for flow in flows { expected.add(flow, rate: rate) }
            datagrams += exporters[index].data(flows, at: .now).map { ($0, origin) }
        }
        let (weir, sent, wanted) = (weir, datagrams, expected)
        try await onOwnThread {
            let wire = try LoopbackWire(to: weir)
            for (octets, origin) in sent { try wire.send(octets, from: origin) }
        }
        var counted = ExactCounts()
        do {
            try await waitUntil("the first datagrams count") {
                counted = try await ExactCounts(countedBy: weir)
                return counted == wanted
            }
        } catch {
            throw DeadlinePassed(description: "the first datagrams after a restart: \(wanted.differences(from: counted))")
        }
    }

    /// Load that changes templates and rates, until the weir is killed; nil: once, and until it has been taken.
    private mutating func load(until end: End?) async throws {
        let (weir, state, life) = (weir, folder.path("state"), lives)
        var (random, exporters) = (random, exporters)
        let isOver = Shared(false)
        let seed = random.next()
        if let end {
            let pid = weir.process.id
            Thread.detachNewThread {
                Self.kill(pid, at: end, state: state, seed: seed)
                isOver.with { $0 = true }
            }
        }
        (self.random, self.exporters) = try await onOwnThread { [random, exporters] in
            var (random, exporters) = (random, exporters)
            let wire = try LoopbackWire(to: weir)
            repeat {
                for index in exporters.indices where !isOver.with({ $0 }) {
                    exporters[index].change(rate: UInt32(2 + random.below(1000)))
                    let data = exporters[index].data([.between(0, 1, by: exporters[index].exportProtocol, at: .now, using: &random)], at: .now)
                    let own = exporters[index].templates(at: .now) + exporters[index].announcement(at: .now)
                    for octets in own + [Self.filler(exporters[index], life: life, using: &random)] + data {
                        try wire.send(octets, from: exporters[index].origin)
                    }
                    Thread.sleep(forTimeInterval: 0.001)
                }
            } while end != nil && !isOver.with { $0 }
            if end == nil { try wire.waitUntilTaken() }
            return (random, exporters)
        }
    }

    /// Templates that only make the state large, and others than before.
    private static func filler(_ exporter: ExportSession, life: Int, using random: inout SeededGenerator) -> [UInt8] {
        var message = HostileMessage(version: exporter.exportProtocol == .ipfix ? 10 : 9, domain: 99)
        for template in 0..<fillers {
            message.add(template: UInt16(1000 + template), (0..<25).map { (UInt16(1 + ($0 * 13 + life * 7 + template) % 400), 4) })
        }
        return message.octets(sequence: UInt32(truncatingIfNeeded: random.next()))
    }

    private static func kill(_ process: Int32, at end: End, state: String, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        Thread.sleep(forTimeInterval: 0.001 * Double(random.below(800)))
        if end == .whileStopping { Glibc.kill(process, SIGTERM) }
        if end != .anywhere {
            let deadline = ContinuousClock.now + .seconds(15)
            while ContinuousClock.now < deadline,
                (try? FileManager.default.contentsOfDirectory(atPath: state))?.contains(where: { $0.hasSuffix("-tmp") }) != true
            {
                usleep(100)
            }
            // A write takes a few milliseconds.
            usleep(UInt32(random.below(12_000)))
        }
        Glibc.kill(process, SIGKILL)
    }
}
