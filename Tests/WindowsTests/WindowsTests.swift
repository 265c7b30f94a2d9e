import FlowModel
import Identity
import Support
import Testing
import Windows

/// `Windows` with a registry of its own, at a told time.
private struct Past {
    let registry = EndpointRegistry()
    let identity: IdentitySnapshot
    var windows: Windows
    var now: Timestamp
    var closed: [ClosedTick] = []
    var exporter = ExporterNumber(rawValue: 1)

    /// A whole number of ticks and minutes.
    static let start = Timestamp(seconds: 1_800_000_000)

    init(limits: Windows.Limits = Windows.Limits()) {
        identity = IdentityBuilder.snapshot(of: nil, IdentityConfiguration(), registry: registry)
        now = Self.start
        windows = Windows(limits: limits, seed: 1, start: now)
    }

    func end(_ namespace: String, _ pod: String) -> EndpointNumber { registry.hold(EndpointLabels(namespace: namespace, pod: pod)) }

    /// Books a flow of 10.0.0.1 to 10.0.0.2.
    mutating func book(
        from source: EndpointNumber, to destination: EndpointNumber, bytes: UInt64, packets: UInt64 = 1, second: Double, lasting: Double = 0,
        rate: UInt32 = 1, _ change: (inout Flow) -> Void = { _ in }
    ) {
        var flow = Flow()
        (flow.source, flow.destination) = (IPAddress(v4: 0x0A00_0001), IPAddress(v4: 0x0A00_0002))
        (flow.sourcePort, flow.destinationPort, flow.protocolNumber) = (40_000, 443, 6)
        (flow.bytes, flow.packets, flow.samplingRate) = (bytes, packets, rate)
        flow.end = Self.start.advanced(by: Int64(second * 1e9))
        flow.start = flow.end.advanced(by: -Int64(lasting * 1e9))
        change(&flow)
        var buffer = BookingBuffer(seed: 1)
        buffer.add([flow], [PairOfEnds(source: source, destination: destination)], exporter: exporter, isSampled: false, now: max(now, flow.end))
        windows.book(&buffer, registry, identity, now: max(now, flow.end))
    }

    /// Lets time pass, with the exporter being heard each second.
    mutating func pass(to second: Int, heard: Bool = true) {
        while now < Self.start.advanced(by: Int64(second) * 1_000_000_000) {
            now = now.advanced(by: 1_000_000_000)
            if heard { windows.heard([exporter], now: now) }
            closed += windows.close(registry, identity, now: now)
        }
    }

    mutating func finish() {
        closed += windows.close(registry, identity, now: now, isLast: true)
    }

    /// Bytes of the only series, by seconds since the start.
    var bytes: [Int64: Int64] {
        closed.reduce(into: [:]) { sums, tick in
            for series in tick.series where series.amounts.bytes != 0 {
                sums[tick.number * 15 - Self.start.nanoseconds / 1_000_000_000, default: 0] += series.amounts.bytes
            }
        }
    }
}

@Suite("Windows")
struct WindowsTests {
    @Test("A record of a minute is no lump: its bytes lie in the ticks in which they flowed")
    func spread() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        past.pass(to: 90)
        past.book(from: a, to: b, bytes: 6000, packets: 60, second: 90, lasting: 60)
        past.pass(to: 240)
        #expect(past.bytes == [30: 1500, 45: 1500, 60: 1500, 75: 1500])
        #expect(past.closed.flatMap(\.series).reduce(0) { $0 + $1.amounts.records } == 1)
    }

    @Test("Each tick says which exporter told of a series, also where several are closed at once")
    func exporterOfSeries() {
        var past = Past()
        let ends = ["a", "b", "c"].map { past.end("shop", $0) }
        past.pass(to: 90)
        // By exporter 1 all the time, by exporter 2 at first, and by both.
        for (second, exporter, source, destination) in [(91, 1, 0, 1), (91, 2, 0, 2), (106, 1, 0, 1), (106, 1, 1, 2), (107, 2, 1, 2), (121, 1, 0, 1)]
        {
            past.exporter = ExporterNumber(rawValue: UInt16(exporter))
            past.now = Past.start.advanced(by: Int64(second) * 1_000_000_000)
            past.book(from: ends[source], to: ends[destination], bytes: 100, second: Double(second))
        }
        let before = past.closed.count
        past.now = Past.start.advanced(by: 240 * 1_000_000_000)
        past.finish()
        #expect(past.closed.count - before > 8)
        let first = Past.start.nanoseconds / ClosedTick.nanoseconds
        let told = [90, 105, 120, 135].map { second in
            past.closed.first { ($0.number - first) * 15 == second }?.series.map { $0.exporter?.rawValue }
        }
        #expect(told == [[1, 2, 0], [1, nil, 0], [1, nil, nil], [nil, nil, nil]])
    }

    @Test("The numbers of workloads that are gone are given back, so that pods that come and go are known by their names for ever")
    func workloadsGivenBack() {
        var limits = Windows.Limits()
        limits.workloads = 60
        var past = Past(limits: limits)
        let server = past.end("shop", "server")
        var expected: Set<String> = []
        for hour in 0..<20 {
            let pods = (0..<10).map { past.end("batch", "job-\(hour)-\($0)") }
            for (number, pod) in pods.enumerated() {
                expected.insert("job-\(hour)-\(number)")
                past.book(from: pod, to: server, bytes: 100, second: Double(hour * 3600 + 60))
            }
            past.pass(to: hour * 3600 + 1800)
            past.windows.forget(Set(pods))
            past.pass(to: (hour + 1) * 3600)
        }
        #expect(past.windows.tallies.refusedWorkloads == 0)
        let last = past.closed.last
        #expect((last?.workloads.count ?? 0) <= 60)
        #expect((last?.generation ?? 0) > 1)
        let names = past.closed.flatMap { tick in
            tick.series.filter { $0.amounts.bytes > 0 }.map { tick.workloads[Int($0.pair.source.rawValue)].name }
        }
        #expect(expected.subtracting(names).isEmpty)
        #expect(names.count == 200)
        let clients = past.closed.flatMap { tick in tick.edges.map { tick.workloads[Int($0.edge.pair.source.rawValue)].name } }
        #expect(expected.subtracting(clients).isEmpty)
    }

    @Test("However long, whenever it ends: nothing is lost or gained", arguments: [1, 7, 99])
    func conservation(seed: UInt64) {
        var past = Past()
        var random = SeededGenerator(seed: seed)
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        var sum: UInt64 = 0
        for second in 16..<900 {
            past.pass(to: second)
            let bytes = random.next() % 1_000_003
            sum += bytes
            past.book(
                from: a, to: b, bytes: bytes, packets: bytes / 100, second: Double(second) - Double(random.next() % 1000) / 1000,
                lasting: Double(random.next() % 200_000) / 1000)
        }
        past.pass(to: 1000)
        past.finish()
        // What flowed before the first whole tick is not judged.
        let early = past.windows.tallies.lateBytes
        #expect(past.closed.flatMap(\.series).allSatisfy { $0.amounts.bytes >= 0 && $0.amounts.packets >= 0 })
        let judged = UInt64(past.bytes.values.reduce(0, +))
        #expect(judged <= sum)
        #expect(judged + 40 * 1_000_003 * 2 > sum)
        #expect(early < sum)
        #expect(past.closed.map(\.number) == Array((past.closed.first?.number ?? 0)...(past.closed.last?.number ?? 0)))
    }

    @Test("A tick waits for an exporter that has shown how late it tells")
    func waits() throws {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in stride(from: 60, through: 1200, by: 60) {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 600, second: Double(second), lasting: 60)
        }
        past.pass(to: 1260)
        // All of a whole minute, in all minutes.
        let bytes = past.bytes
        for second in stride(from: 15, to: 1140, by: 15) { #expect(bytes[Int64(second)] == 150) }
        #expect(past.windows.tallies.lateBytes == 0)
    }

    @Test("What comes after its tick was closed goes to the oldest open one, and that one is not judged")
    func late() throws {
        var past = Past()
        let (a, b, c, d) = (past.end("shop", "a"), past.end("shop", "b"), past.end("shop", "c"), past.end("shop", "d"))
        for second in 1...1400 {
            past.pass(to: second)
            past.book(from: c, to: d, bytes: 10_000, second: Double(second))
            if second == 1300 { past.book(from: a, to: b, bytes: 700, second: 100) }
        }
        #expect(past.windows.tallies.lateBytes == 700)
        let tick = try #require(past.closed.first { $0.series.contains { $0.amounts.bytes == 700 } })
        #expect(tick.series.map(\.isUnsteady) == [false, true])
    }

    @Test("A gap of the exporter is no sample, and silence of the pods is 0")
    func gap() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in 1...600 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 100, second: Double(second))
        }
        past.pass(to: 700)
        past.pass(to: 900, heard: false)
        past.pass(to: 1000)
        past.finish()
        func series(_ second: Int64) -> ClosedTick.Series? {
            past.closed.first { $0.number * 15 - Past.start.nanoseconds / 1_000_000_000 == second }?.series.first
        }
        #expect(series(300)?.amounts.bytes == 1500)
        #expect(series(645)?.amounts.bytes == 0)
        #expect(series(645)?.isMissing == false)
        #expect(series(780)?.isMissing == true)
        #expect(series(960)?.isMissing == false)
    }

    @Test("A changed sampling rate leaves the series alone for a window; two samplers side by side don't")
    func rates() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in 1...1500 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 100, second: Double(second), rate: second % 2 == 0 ? 10 : 100)
        }
        #expect(past.closed.last?.series.first?.isUnsteady == false)
        for second in 1501...1600 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 100, second: Double(second), rate: 1000)
        }
        #expect(past.closed.last?.series.first?.isUnsteady == true)
    }

    @Test("Requests and answers are one edge, at the service's port, also where only one direction is reported")
    func edges() {
        var past = Past()
        let (client, server) = (past.end("shop", "client"), past.end("shop", "server"))
        past.book(from: client, to: server, bytes: 100, second: 1)
        past.book(from: server, to: client, bytes: 900, second: 1) { ($0.sourcePort, $0.destinationPort) = (443, 40_000) }
        past.book(from: server, to: client, bytes: 900, second: 1) { ($0.sourcePort, $0.destinationPort) = (5432, 50_123) }
        past.pass(to: 60)
        past.finish()
        let edges = past.closed.flatMap(\.edges).sorted { $0.edge.port < $1.edge.port }
        #expect(edges.map(\.edge.port) == [443, 5432])
        #expect(edges.map(\.bytes) == [1000, 900])
        #expect(Set(edges.map(\.edge.pair)).count == 1)
        let names = past.closed.last?.workloads ?? []
        #expect(edges.allSatisfy { names[Int($0.edge.pair.source.rawValue)].name == "client" })
    }

    @Test("An edge beyond those of a pair that are told apart is an edge still")
    func manyPorts() {
        var past = Past()
        let (client, server) = (past.end("shop", "client"), past.end("shop", "server"))
        for port in 1...50 as ClosedRange<UInt16> { past.book(from: client, to: server, bytes: 100, second: 1) { $0.destinationPort = port } }
        past.pass(to: 60)
        past.finish()
        #expect(Set(past.closed.flatMap(\.edges).map(\.edge.port)) == Set(1...50))
    }

    @Test("A source's reach is estimated, and what it reached before is not new")
    func fanOut() throws {
        var past = Past()
        let (scanner, target) = (past.end("shop", "scanner"), past.end("shop", "target"))
        func scan(_ count: UInt16, at second: Double) {
            for port in 1...count {
                past.book(from: scanner, to: target, bytes: 60, second: second) { ($0.destinationPort, $0.tcpFlags) = (port, .syn) }
            }
        }
        scan(100, at: 5)
        past.pass(to: 150)
        let first = try #require(past.closed.flatMap(\.fanOuts).first)
        #expect((85...115).contains(first.ports) && (85...115).contains(first.newPorts))
        #expect((0.9...1.2).contains(first.destinations))
        #expect((first.connections, first.failures) == (100, 100))
        past.pass(to: 900)
        scan(120, at: 900)
        past.pass(to: 1000)
        let second = try #require(past.closed.flatMap(\.fanOuts).last)
        #expect((100...140).contains(second.ports))
        #expect((5...40).contains(second.newPorts))
    }

    @Test("Evidence names the pods whose traffic changed")
    func evidence() throws {
        var past = Past()
        let (a, b, c) = (past.end("shop", "a"), past.end("shop", "b"), past.end("shop", "c"))
        for second in 1...600 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 1000, second: Double(second))
            if second > 540 { past.book(from: a, to: c, bytes: 50_000, second: Double(second)) }
        }
        let pairs = past.closed.last?.series.map(\.pair) ?? []
        let tick = Windows.tick(of: past.now)
        let talks = past.windows.talks(between: pairs, upTo: tick, limit: 10)
        let heaviest = try #require(talks.first)
        #expect((heaviest.source, heaviest.destination, heaviest.port) == (a, c, 443))
        #expect(heaviest.bytesBefore == 0)
        #expect(talks.count == 2)
        #expect(past.windows.talks(of: a, upTo: tick, limit: 1).count == 1)
        #expect(past.windows.exporters(of: pairs) == [past.exporter])
    }

    @Test("What goes is forgotten, and its places are used again")
    func forgetting() {
        var limits = Windows.Limits()
        (limits.series, limits.pairs) = (10, 10)
        var past = Past(limits: limits)
        let world = EndpointNumber.world
        for round in 0..<5 {
            let pods = (0..<10).map { past.end("shop", "pod-\(round)-\($0)") }
            for pod in pods { past.book(from: world, to: pod, bytes: 10, second: Double(round * 4000 + 1)) }
            #expect(past.windows.seriesCount == 10)
            past.pass(to: (round + 1) * 4000)
            past.windows.forget(Set(pods))
        }
        #expect(past.windows.tallies.refusedFlows == 0)
        #expect(past.windows.tallies.refusedPairs == 0)
    }

    @Test(
        "A clock that is set forward, or back, goes on from there: nothing is judged twice, or that never was",
        arguments: [1_000_000, -30_000, 2000, -100])
    func clock(by seconds: Int) {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in 1...300 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 10, second: Double(second))
        }
        past.now = past.now.advanced(by: Int64(seconds) * 1_000_000_000)
        let moved = 300 + seconds
        // Booked after the jump and before anything is closed.
        past.book(from: a, to: b, bytes: 7, second: Double(moved))
        for second in moved + 1...moved + 1200 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 10, second: Double(second))
        }
        past.finish()
        #expect(past.closed.allSatisfy { $0.series.allSatisfy { $0.amounts.bytes <= 160 && $0.amounts.bytes >= 0 } })
        let last = past.closed.suffix(20)
        #expect(last.allSatisfy { $0.series.first?.amounts.bytes == 150 })
        #expect(past.closed.count < 400)
    }

    @Test("Amounts beyond all measure, told late, trap nowhere")
    func hostile() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        past.pass(to: 1300)
        for lasting in [0.0, 20, 86_400] {
            past.book(from: a, to: b, bytes: .max, packets: .max, second: 100, lasting: lasting, rate: .max)
            past.book(from: a, to: b, bytes: .max - 5, packets: .max, second: 1299, lasting: lasting)
        }
        past.book(from: a, to: b, bytes: 1, second: 1299) { ($0.start, $0.end) = (.unknown, .unknown) }
        past.pass(to: 2500)
        #expect(past.closed.allSatisfy { $0.series.allSatisfy { $0.amounts.bytes >= 0 } })
    }

    @Test("Times near 1970, as captures without times have them, are as good as others")
    func nineteenSeventy() {
        let registry = EndpointRegistry()
        let identity = IdentityBuilder.snapshot(of: nil, IdentityConfiguration(), registry: registry)
        var windows = Windows(seed: 1, start: Timestamp(nanoseconds: 5), wholeSince: Timestamp(nanoseconds: -600_000_000_000))
        var flow = Flow()
        (flow.bytes, flow.packets, flow.protocolNumber, flow.destinationPort, flow.samplingRate) = (100, 1, 17, 53, 1)
        (flow.start, flow.end) = (Timestamp(nanoseconds: -40_000_000_000), Timestamp(nanoseconds: 5))
        var buffer = BookingBuffer(seed: 1)
        buffer.add(
            [flow], [PairOfEnds(source: .world, destination: .unmanaged)], exporter: ExporterNumber(rawValue: 1), isSampled: false, now: flow.end)
        windows.book(&buffer, registry, identity, now: Timestamp(nanoseconds: 5))
        let ticks = windows.close(registry, identity, now: Timestamp(seconds: 300), isLast: true)
        #expect(ticks.flatMap(\.series).reduce(0) { $0 + $1.amounts.bytes } == 100)
    }

    @Test("An exporter that is gone is a gap for an hour, however regular it was, and a series that another tells of goes on then")
    func longGap() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in stride(from: 15, through: 900, by: 15) {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 100, second: Double(second))
        }
        past.exporter = ExporterNumber(rawValue: 2)
        for second in stride(from: 915, through: 6000, by: 15) {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 50, second: Double(second))
        }
        func isMissing(_ second: Int64) -> Bool? {
            past.closed.first { $0.number * 15 - Past.start.nanoseconds / 1_000_000_000 == second }?.series.first?.isMissing
        }
        #expect(isMissing(600) == false)
        for second in [960, 1500, 3000, 4200] as [Int64] { #expect(isMissing(second) == true, "\(second) s") }
        #expect(isMissing(5400) == false)
    }

    @Test("An exporter that tells later than anything waits for makes its series unsteady, and the others wait no longer than the horizon")
    func slow() throws {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in stride(from: 1800, through: 9000, by: 900) {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 180_000, second: Double(second), lasting: 900)
        }
        past.pass(to: 9600)
        #expect(past.windows.delay(now: past.now) == 600_000_000_000)
        let late = try #require(past.closed.last { !$0.series.isEmpty })
        #expect(late.series[0].isUnsteady)
    }

    @Test("One flow that began long ago does not make everybody wait")
    func stray() {
        var past = Past()
        let (a, b) = (past.end("shop", "a"), past.end("shop", "b"))
        for second in 1...1200 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 100_000_000, second: Double(second))
        }
        past.book(from: a, to: b, bytes: 100_000_000_000, second: 1200, lasting: 3000)
        #expect(past.windows.delay(now: past.now) <= 75_000_000_000)
    }

    @Test("Who fell silent is evidence, and comes before who goes on")
    func silence() throws {
        var past = Past()
        let (a, b, c) = (past.end("shop", "a"), past.end("shop", "b"), past.end("shop", "c"))
        for second in 1...600 {
            past.pass(to: second)
            past.book(from: a, to: b, bytes: 10_000, second: Double(second))
            if second < 440 { past.book(from: a, to: c, bytes: 5000, second: Double(second)) }
        }
        let talks = past.windows.talks(between: past.closed.last?.series.map(\.pair) ?? [], upTo: Windows.tick(of: past.now), limit: 10)
        #expect(talks.map(\.destination) == [c, b])
        #expect(talks[0].bytes == 0)
        #expect((talks[0].bytesBefore ?? 0) > 0)
    }

    @Test("A source with very many edges leaves room for those of others")
    func scanner() {
        var past = Past()
        let (scanner, target) = (past.end("shop", "scanner"), past.end("shop", "target"))
        for port in 1...60_000 as ClosedRange<UInt16> {
            past.book(from: scanner, to: target, bytes: 60, second: 5) { ($0.destinationPort, $0.tcpFlags) = (port, .syn) }
        }
        past.book(from: target, to: scanner, bytes: 60, second: 5) { ($0.sourcePort, $0.destinationPort) = (50_000, 8443) }
        past.pass(to: 60)
        past.finish()
        #expect(
            past.closed.flatMap(\.edges).contains {
                $0.edge.port == 8443 && past.closed.last?.workloads[Int($0.edge.pair.source.rawValue)].name == "target"
            })
    }
}
