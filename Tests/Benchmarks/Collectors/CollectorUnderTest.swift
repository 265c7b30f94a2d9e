import Support

/// A collector as a process of its own, listening at a port of loopback.
protocol CollectorUnderTest: Sendable {
    var process: ChildProcess { get }
    var port: Int { get }

    /// How many of the records that were sent the collector has taken in, by its own books; may end it.
    func received(of load: Load) async throws -> Double
}

/// The four kinds that are compared.
enum CollectorKind: CaseIterable {
    case discard, nfdump, pmacct, weir

    func name(_ exportProtocol: BenchedProtocol) -> String {
        switch self {
        case .discard: "receive and discard (the floor)"
        case .nfdump: exportProtocol == .sflow ? "sfcapd" : "nfcapd"
        case .pmacct: exportProtocol == .sflow ? "sfacctd" : "nfacctd"
        case .weir: "Weir"
        }
    }

    /// Where the search for what it sustains begins; nil: it is measured at the protocol's rate.
    func firstRate(_ exportProtocol: BenchedProtocol) -> Double? {
        switch self {
        case .discard, .weir: nil
        case .nfdump: exportProtocol.rate
        case .pmacct: exportProtocol == .sflow ? 240_000 : 400_000
        }
    }

    /// Starts a collector; tries again where it does not listen, as when somebody else has taken the port that was free.
    func start(_ bench: Bench, _ exportProtocol: BenchedProtocol) async throws -> any CollectorUnderTest {
        var failure: any Error = BenchFailure("not tried")
        for _ in 0..<3 {
            do {
                return switch self {
                case .discard: try await DiscardingCollector(bench)
                case .nfdump: try await FileCollector(bench, exportProtocol)
                case .pmacct: try await MemoryCollector(bench, exportProtocol)
                case .weir: try await WeirCollector(bench)
                }
            } catch {
                failure = error
                Children.endAll()
            }
        }
        throw failure
    }
}

extension CollectorUnderTest {
    /// Records that did not get lost in the kernel, judged by the datagrams it dropped.
    func received(byKernel load: Load) -> Double {
        let drops = Double(UDPPorts.sockets(at: port).drops)
        return Double(load.records) * max(0, 1 - drops / Double(max(1, load.datagrams)))
    }

    /// Waits until the process does nothing more, or `seconds` have passed: for what it still had in its buffers.
    func settle(within seconds: Double = 10) async throws {
        var before = ProcessTree.cost(of: process.id).total
        for _ in 0..<Int(seconds / 0.5) {
            try await ContinuousClock().sleep(for: .milliseconds(500))
            let now = ProcessTree.cost(of: process.id).total
            if now - before <= ProcessTree.tick { return }
            before = now
        }
    }
}
