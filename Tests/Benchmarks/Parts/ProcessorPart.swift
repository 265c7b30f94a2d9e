import Support

/// CPU time of the collector's process for a million records, kernel time included.
struct ProcessorPart {
    /// What the rounds gave for one collector and protocol.
    struct Measured {
        var rate = 0.0
        var total = Spread()
        var user = Spread()
        var system = Spread()
        var loss = Spread()
        var resident = 0
        /// What a tick of the kernel's clock makes for a million records.
        var error = 0.0
    }

    struct Place: Hashable {
        var kind: CollectorKind
        var exportProtocol: BenchedProtocol
    }

    private let bench: Bench
    private let rounds: Int

    init(_ bench: Bench, rounds: Int) {
        self.bench = bench
        self.rounds = rounds
    }

    /// Seconds of load of a measurement.
    private static let seconds = 5.0
    /// Seconds of load of an attempt to find a peer's rate.
    private static let attemptSeconds = 1.5

    func run() async throws {
        var measured: [Place: Measured] = [:]
        var missing: [Place: String] = [:]
        for kind in CollectorKind.allCases {
            for exportProtocol in BenchedProtocol.allCases {
                let place = Place(kind: kind, exportProtocol: exportProtocol)
                do {
                    measured[place] = Measured(rate: try await rate(of: place))
                } catch {
                    missing[place] = "\(error)"
                    Progress.say("\(kind.name(exportProtocol)) is not available: \(error)")
                }
            }
        }
        for round in 1...rounds {
            for exportProtocol in BenchedProtocol.allCases {
                for kind in CollectorKind.allCases {
                    let place = Place(kind: kind, exportProtocol: exportProtocol)
                    guard var sums = measured[place] else { continue }
                    try await measure(place, seconds: Self.seconds, into: &sums)
                    measured[place] = sums
                    Progress.say(
                        "round \(round): \(exportProtocol.title), \(kind.name(exportProtocol)): \(Text.number(sums.total.values.last ?? .nan, 3)) s a million, "
                            + "loss \(Text.percent(sums.loss.values.last ?? 0))")
                }
            }
        }
        ProcessorReport(measured: measured, rounds: rounds).show()
    }

    /// The rate at which a collector is measured: for peers, the first of a row of halves at which they lose less than a hundredth.
    private func rate(of place: Place) async throws -> Double {
        guard var rate = place.kind.firstRate(place.exportProtocol) else { return place.exportProtocol.rate }
        for _ in 0..<6 {
            var attempt = Measured(rate: rate)
            try await measure(place, seconds: Self.attemptSeconds, into: &attempt)
            Progress.say("\(place.kind.name(place.exportProtocol)) at \(Text.rate(rate)): loss \(Text.percent(attempt.loss.median))")
            if attempt.loss.median < 0.01 { return rate }
            rate /= 2
        }
        throw BenchFailure("it loses more than a hundredth at \(Text.rate(rate * 2)), too")
    }

    private func measure(_ place: Place, seconds: Double, into sums: inout Measured) async throws {
        let collector = try await place.kind.start(bench, place.exportProtocol)
        do {
            try await collector.settle(within: 3)
            let before = ProcessTree.cost(of: collector.process.id)
            let load = try await Load.send(
                bench, to: collector.port, place.exportProtocol, records: Int(sums.rate * seconds), rate: sums.rate)
            // Weir adds up each second: what came in the last one is added up, too.
            try await ContinuousClock().sleep(for: .milliseconds(1200))
            try await collector.settle()
            let cost = ProcessTree.cost(of: collector.process.id) - before
            if place.kind == .weir { sums.resident = max(sums.resident, ProcessTree.residentMemory(of: collector.process.id).most) }
            let received = try await collector.received(of: load)
            guard received > 0 else { throw BenchFailure("\(place.kind.name(place.exportProtocol)) has received nothing") }
            let millions = received / 1e6
            sums.total.values.append(cost.total / millions)
            sums.user.values.append(cost.user / millions)
            sums.system.values.append(cost.system / millions)
            sums.loss.values.append(max(0, 1 - received / Double(load.records)))
            sums.error = ProcessTree.tick / millions
        } catch {
            await Children.end(collector.process)
            throw error
        }
        await Children.end(collector.process)
    }
}
