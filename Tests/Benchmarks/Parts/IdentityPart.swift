import Foundation
import Support

/// What it costs to know who is at each end: look-ups, changes, a list, and the whole line with ten times the pods.
struct IdentityPart {
    private let bench: Bench
    private let pods: Int
    private let rounds: Int

    /// - Parameter pods: of the cluster that is listed, and in which changes are timed.
    init(_ bench: Bench, pods: Int, rounds: Int) {
        self.bench = bench
        self.pods = pods
        self.rounds = rounds
    }

    func run() async throws {
        try await showLookUps()
        try await showList()
        try await showChurn()
        try await showLine()
    }

    private static func thousands(_ number: Int) -> String { number.formatted(.number.locale(.init(identifier: "en"))) }

    // MARK: Look-ups

    private struct LookUps: Decodable {
        var nanosecondsForTwoLookUps: Double
        var nanosecondsForTwoLookUpsByTime: Double
        var bytesPerEndpoint: Double
        var snapshotMilliseconds: Double
        var snapshotMillisecondsMost: Double
        var processorMillisecondsFor1000Changes: Double
    }

    private func showLookUps() async throws {
        var table = Table(
            "The two look-ups of a record, by time as flows are looked up, and a change of the table with the snapshot of it",
            ["endpoints", "ns for two, now", "ns for two, by time", "target", "", "ms a change", "most", "CPU ms for 1,000 changes in 50 snapshots"])
        for (endpoints, target) in [(1000, 20.0), (100_000, 80), (500_000, 160)] {
            Progress.say("look-ups with \(endpoints) endpoints")
            var spread = Spread()
            var last: LookUps?
            for _ in 0..<(endpoints > 100_000 ? 1 : rounds) {
                let answer = try await bench.run(
                    LookUps.self, ["lookup", "--endpoints", "\(endpoints)", "--records", "20000000"], within: 120)
                spread.values.append(answer.nanosecondsForTwoLookUpsByTime)
                last = answer
            }
            guard let last else { continue }
            table.add([
                Self.thousands(endpoints), Text.number(last.nanosecondsForTwoLookUps, 1), spread.text("%.1f"), "under \(Text.number(target))",
                Verdict.atMost(target, spread.median), Text.number(last.snapshotMilliseconds, 2), Text.number(last.snapshotMillisecondsMost, 2),
                Text.number(last.processorMillisecondsFor1000Changes, 1),
            ])
        }
        table.show()
    }

    // MARK: A list

    private struct Listed: Decodable {
        var pods: Int
        var secondsToList: Double
        var processorSecondsToList: Double
        var residentBytes: Int
        var residentBytesMost: Int
        var changes: Int
        var milliseconds: Double?
        var millisecondsMost: Double?
    }

    private func showList() async throws {
        Progress.say("a list of \(pods) pods")
        let cluster = try ListedCluster(pods: pods)
        defer { cluster.stop() }
        let changing = Task {
            // One at a time, so that each has a snapshot of its own.
            while !cluster.isWatched { try await ContinuousClock().sleep(for: .milliseconds(100)) }
            for number in 0..<60 {
                try await ContinuousClock().sleep(for: .milliseconds(57))
                cluster.change(number)
            }
        }
        defer { changing.cancel() }
        let listed = try await bench.run(Listed.self, ["list", "--server", cluster.url, "--seconds", "6"], within: 400)
        guard listed.pods >= pods, listed.changes > 0 else { throw BenchFailure("\(listed.pods) pods, \(listed.changes) changes arrived") }
        var table = Table(
            "\(Self.thousands(pods)) pods of \(cluster.octetsOfPod) octets, listed over HTTP and kept by a process that does nothing else",
            ["", "", "target", ""])
        table.add([
            "CPU", Text.number(listed.processorSecondsToList, 1) + " s", "at most 60 s", Verdict.atMost(60, listed.processorSecondsToList),
        ])
        table.add(["time", Text.number(listed.secondsToList, 1) + " s", "", ""])
        table.add([
            "resident memory, at most", Text.mebibytes(listed.residentBytesMost), "under 150 MB",
            Verdict.atMost(150e6, Double(listed.residentBytesMost)),
        ])
        table.add(["resident memory, afterwards", Text.mebibytes(listed.residentBytes), "", ""])
        table.add([
            "from a change to its snapshot, median of \(listed.changes)", Text.number(listed.milliseconds ?? .nan, 1) + " ms", "within 50 ms",
            Verdict.atMost(50, listed.milliseconds ?? .nan),
        ])
        table.add(["the longest", Text.number(listed.millisecondsMost ?? .nan, 1) + " ms", "", ""])
        table.show()
    }

    // MARK: Changes beside the hot path

    private struct Churn: Decodable {
        var endpoints: Int
        var changesPerSecond: Double
        var recordsPerSecond: Double
        var recordsPerSecondWithChanges: Double
        var rateLost: Double
        var processorTimeAdded: Double
    }

    private func showChurn() async throws {
        Progress.say("changes beside the hot path")
        let churn = try await bench.run(Churn.self, ["churn", "--changes", "1000", "--seconds", "20"], within: 90)
        var table = Table(
            "Changes of pods while one thread counts as fast as it can (\(Self.thousands(churn.endpoints)) pods, IPFIX, half seconds with and without in turn)",
            ["changes a second", "records a second without", "with", "rate lost", "target", "", "CPU time of a record added"])
        table.add([
            Text.number(churn.changesPerSecond), Text.rate(churn.recordsPerSecond), Text.rate(churn.recordsPerSecondWithChanges),
            String(format: "%.1f %%", churn.rateLost * 100), "under 5 %", Verdict.atMost(0.05, churn.rateLost),
            String(format: "%.1f %%", churn.processorTimeAdded * 100),
        ])
        table.show()
    }

    // MARK: The whole line

    /// Seconds of load of a measurement.
    private static let manyPods = 10_000

    private func showLine() async throws {
        var table = Table(
            "CPU seconds of Weir for a million records, with \(Self.thousands(Self.manyPods)) pods and an exporter whose node is known, so that records are de-duplicated, against the part cpu's",
            ["protocol", "1,000 pods, no node", "\(Self.thousands(Self.manyPods)) pods, de-duplicated", "ratio", "target", ""])
        var collectors: [(few: WeirCollector, many: WeirCollector)] = []
        defer { for process in collectors.flatMap({ [$0.few.process, $0.many.process] }) { process.send(SIGTERM) } }
        let node = "exporters: [{ address: 127.0.0.1, node: node-0 }]\ndeduplicate: auto"
        for _ in BenchedProtocol.allCases {
            collectors.append((try await WeirCollector(bench), try await WeirCollector(bench, addresses: Self.manyPods, node)))
        }
        Progress.say("waiting for the minute in which nodes may show that they export")
        try await ContinuousClock().sleep(for: .seconds(62))
        for (exportProtocol, collector) in zip(BenchedProtocol.allCases, collectors) {
            var (few, many) = (Spread(), Spread())
            for round in 1...rounds {
                Progress.say("round \(round): \(exportProtocol.title)")
                few.values.append(try await collector.few.cost(bench, exportProtocol, addresses: 1000))
                many.values.append(try await collector.many.cost(bench, exportProtocol, addresses: Self.manyPods))
            }
            let ratio = many.median / few.median
            table.add([exportProtocol.title, few.text(), many.text(), Text.number(ratio, 2), "at most 1.2", Verdict.atMost(1.2, ratio)])
        }
        table.show()
    }
}
