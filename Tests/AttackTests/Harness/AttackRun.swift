import FlowModel
import Foundation
import Support
import Synchronization
import Testing

/// A weir that is attacked, with the good exporter beside the attack.
///
/// It has one receive thread, so that the bounds of one shard are those of the process.
final class AttackRun: Sendable {
    let weir: RunningWeir
    /// RSS before the attack, KiB.
    let before: Int
    /// CPU time used before the attack, seconds.
    let processorBefore: Double

    private let good: Shared<GoodExporter>

    /// Starts the weir, and shows it the good exporter.
    ///
    /// - Parameters:
    ///   - allow: `collector.allow`.
    ///   - pods: how many of its pods the good exporter reports at first.
    init(allow: String = "any", pods: Int = 20) async throws {
        let good = Shared(GoodExporter(at: .now))
        self.good = good
        let folder = try TemporaryFolder()
        try folder.write("pods.yaml", ClusterPods.file)
        let configuration = """
            collector: { threads: 1, receive_buffer: 16MiB, allow: \(allow) }
            identity: { file: pods.yaml }
            metrics: { max_pairs: \(ClusterPods.maximumPairs), birth_delay: 0s }

            """
        weir = try await RunningWeir(configuration: configuration + GoodExporter.configuration, folder: folder)
        let weir = weir
        try await onOwnThread {
            let wire = try LoopbackWire(to: weir)
            for (datagram, origin) in good.with({ $0.beginnings(at: .now) }) { try wire.send(datagram, from: origin) }
            for _ in 0..<400 {
                for (datagram, origin) in good.with({ $0.next(pods: pods, at: .now) }) { try wire.send(datagram, from: origin) }
            }
            try wire.waitUntilTaken()
        }
        try await Self.expectExact(good, at: weir)
        before = try ResidentMemory(of: weir.process).now
        processorBefore = try ProcessorTime.seconds(of: weir.process)
    }

    /// Sends what `datagram` makes, and a datagram of the good exporter after every tenth; waits until the weir has taken all of it.
    ///
    /// - Parameters:
    ///   - rate: datagrams a second at most.
    ///   - pods: how many of its pods the good exporter reports meanwhile.
    ///   - datagram: makes the attack's datagram of this number.
    func attack(
        _ count: Int, rate: Double, pods: Int = 20,
        _ datagram: @escaping @Sendable (Int, inout SeededGenerator) throws -> (octets: [UInt8], origin: Origin)
    ) async throws {
        let (weir, good) = (weir, good)
        try await onOwnThread {
            let wire = try LoopbackWire(to: weir)
            var random = SeededGenerator(seed: 3)
            var pacer = Pacer(rate: rate)
            for number in 0..<count {
                let (octets, origin) = try datagram(number, &random)
                try wire.send(octets, from: origin)
                if number % 10 == 0 { for (octets, origin) in good.with({ $0.next(pods: pods, at: .now) }) { try wire.send(octets, from: origin) } }
                pacer.wait()
            }
            try wire.waitUntilTaken()
        }
    }

    /// CPU time that the weir has used since the attack began, seconds.
    func processorTime() throws -> Double {
        try ProcessorTime.seconds(of: weir.process) - processorBefore
    }

    /// Expects that the good exporter has lost nothing, that RSS has stayed within the bound and that the weir runs on; prints the attack's line of
    /// docs/security.md.
    ///
    /// - Parameters:
    ///   - growth: MiB of RSS beyond what it took before (`Bounds`).
    ///   - outcome: says what was counted, in words.
    func conclude(
        _ attack: String, _ input: String, _ count: Int, growth: Int, outcome: (OwnMetrics) throws -> String
    ) async throws {
        try await Self.expectExact(good, at: weir)
        let metrics = try await OwnMetrics(of: weir)
        let memory = try ResidentMemory(of: weir.process)
        #expect(memory.peak <= before + growth << 10, "\(attack): RSS \(before) KiB → \(memory.peak) KiB, which is more than \(growth) MiB beyond")
        #expect(weir.process.isRunning)
        #expect(metrics.sum("weir_receive_drops_total") == 0, "the test itself has sent more than the receive buffer holds")
        let lost = metrics.sum("weir_exporter_lost_total") { $0["exporter"] == GoodExporter.name }
        #expect(lost == 0, "\(attack): \(lost) of the good exporter are counted as lost")
        let sides = [
            "attack", "\(attack): \(input)", "\(count)", try outcome(metrics) + "; good exporter: nothing lost",
            "\(ResidentMemory.mebibytes(before)) → \(ResidentMemory.mebibytes(memory.peak)) MiB (at most \(ResidentMemory.mebibytes(before) + growth))",
        ]
        print(sides.joined(separator: " | "))
    }

    private static func expectExact(_ good: Shared<GoodExporter>, at weir: RunningWeir) async throws {
        let sent = good.with { $0.sent }
        var counted = ExactCounts()
        do {
            try await waitUntil("the good exporter's datagrams are counted", within: 10) {
                counted = try await ExactCounts(countedBy: weir, from: [GoodExporter.name])
                return counted == sent
            }
        } catch {
            Issue.record("the good exporter has lost something: \(sent.differences(from: counted))")
        }
    }
}

/// A value that one thread at a time changes.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    /// Looks at it, or changes it.
    func with<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try value.withLock { value throws in try body(&value) }
    }
}
