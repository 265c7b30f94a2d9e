import FlowModel
import Foundation
import Support
import Testing

@Suite struct SoakTests {
    @Test("Exporters that come, go, restart and change leave no memory behind, and every record of theirs counts")
    func soak() async throws {
        let folder = try TemporaryFolder()
        try folder.write("pods.yaml", ClusterPods.file)
        let configuration = """
            collector: { threads: 1 }
            identity: { file: pods.yaml }
            metrics: { birth_delay: 0s }
            state: { directory: \(folder.path("state")) }
            """
        let weir = try await RunningWeir(configuration: configuration, folder: folder)
        let seconds = Scale.soak
        let (sent, datagrams, sizes) = try await onOwnThread { try Self.send(to: weir, seconds: seconds) }
        var counted = ExactCounts()
        do {
            try await waitUntil("all is counted", within: 15) {
                counted = try await ExactCounts(countedBy: weir)
                return counted == sent
            }
        } catch {
            Issue.record("sent and counted differ: \(sent.differences(from: counted))")
        }
        // Freed memory goes back every so often, so it goes up and down. Over minutes its low is what counts; over less than that its height says whether it grows.
        let isLong = seconds >= 120
        let half = sizes.count / 2
        let middle = isLong ? Array(sizes[(sizes.count * 40 / 100)..<(sizes.count * 60 / 100)]).lowerQuartile : sizes[..<half].max() ?? 0
        let end = isLong ? Array(sizes.suffix(sizes.count / 5)).lowerQuartile : sizes[half...].max() ?? 0
        let growth = isLong ? Bounds.soakGrowth : Bounds.shortSoakGrowth
        #expect(Double(end) <= Double(middle) * growth, "RSS \(middle) KiB in the middle, \(end) KiB at the end: \(sizes)")
        let metrics = try await OwnMetrics(of: weir)
        #expect(metrics.sum("weir_receive_drops_total") == 0)
        let lost = metrics.sum("weir_exporter_lost_total")
        #expect(lost == 0, "\(lost) are counted as lost, and nothing was")
        let forgotten = metrics.sum("weir_forgotten_sessions_total")
        let peak = try ResidentMemory(of: weir.process).peak
        print(
            "attack | soak: \(Int(seconds)) s of exporters that come, go, restart, change templates and ports | \(datagrams) datagrams, \(sent.records) records | counters exact; \(Int(forgotten)) sessions came and went | \(ResidentMemory.mebibytes(middle)) MiB in the middle → \(ResidentMemory.mebibytes(end)) MiB at the end (at most \(Int((growth - 1) * 100 + 0.5)) % more); \(ResidentMemory.mebibytes(peak)) MiB at most"
        )
    }

    /// Sends for so long; what was sent, in how many datagrams, and the weir's RSS each half second, KiB.
    private static func send(to weir: RunningWeir, seconds: Double) throws -> (ExactCounts, Int, [Int]) {
        let wire = try LoopbackWire(to: weir)
        var random = SeededGenerator(seed: 11)
        var sent = ExactCounts()
        var born = 200
        var exporters = (0..<born).map { SoakExporter(number: $0, using: &random, at: .now) }
        var sizes: [Int] = []
        var pacer = Pacer(rate: 4000)
        while pacer.elapsed < seconds {
            let chosen = random.below(exporters.count)
            let datagrams = exporters[chosen].next(born: &born, adding: &sent, using: &random, at: .now)
            for octets in datagrams { try wire.send(octets, from: exporters[chosen].session.origin) }
            if pacer.elapsed > Double(sizes.count) / 2 { sizes.append(try ResidentMemory(of: weir.process).now) }
            pacer.wait()
        }
        try wire.waitUntilTaken()
        return (sent, wire.sent, sizes)
    }
}
