import Support

/// `weir bench discard`: the floor.
struct DiscardingCollector: CollectorUnderTest {
    let process: ChildProcess
    let port: Int

    init(_ bench: Bench) async throws {
        let process = try Children.start(bench.weir, ["bench", "discard", "--listen", "127.0.0.1:0"])
        self.process = process
        port = try await waitUntil("weir bench discard says its port", within: 10) {
            process.standardOutput.firstMatch(of: /listening 127\.0\.0\.1:([0-9]+)\n/).flatMap { Int($0.1) }
        }
    }

    func received(of load: Load) async throws -> Double { received(byKernel: load) }
}
