import Collector
import FlowModel
import Testing

@Suite struct ReplayTests {
    private func datagram(_ number: Int, from source: String, port: UInt16 = 50_000, milliseconds: Int64 = 0) throws -> ReplayDatagram {
        ReplayDatagram(
            time: Timestamp(seconds: 1_700_000_000, nanoseconds: milliseconds * 1_000_000), source: try #require(IPAddress(source)), sourcePort: port,
            payload: .numbered(number))
    }

    @Test("A replay keeps a capture's exporters and their sessions apart")
    func apart() async throws {
        try await withCollector(threads: 2) { collector, recording in
            var session = try ReplaySession(to: UDPDestination(collector.boundAddresses[0]), pace: .rate(1e6))
            var appeared: [String] = []
            let origins: [(String, UInt16)] = [("192.168.126.11", 1000), ("192.168.126.12", 1000), ("192.168.126.11", 1001), ("fd00::1", 1000)]
            for number in 0..<400 {
                let origin = origins[number % 4]
                if let exporter = try session.send(datagram(number, from: origin.0, port: origin.1)) { appeared.append(exporter.description) }
            }
            try session.finish()
            #expect(
                appeared == [
                    "192.168.126.11 is sent from 127.0.0.2", "192.168.126.12 is sent from 127.0.0.3", "fd00::1 is sent from 127.0.0.4",
                ])
            let statistics = session.statistics
            #expect([statistics.datagrams, statistics.bytes, statistics.unheard] == [400, 3200, 0])
            try await eventually("datagrams arrive") { recording.datagrams.count == 400 }
            let sessions = Dictionary(grouping: recording.datagrams) { [$0.source.description, "\($0.sourcePort)"] }
            #expect(sessions.count == 4)
            #expect(sessions.keys.map { $0[0] }.sorted() == ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.4"])
            for (_, received) in sessions {
                let numbers = received.map(\.payload.number)
                #expect(numbers == Array(stride(from: numbers.first ?? 0, to: 400, by: 4)))
            }
        }
    }

    @Test("An exporter is sent from the address that the user has named, which no other gets")
    func named() throws {
        let destination = try UDPDestination("127.0.0.3:2055")
        let first = try #require(IPAddress("10.0.0.1"))
        var sources = try ReplaySources(destination: destination, named: [first: try #require(IPAddress("127.0.0.2"))])
        #expect(sources.local(for: try #require(IPAddress("10.0.0.2")))?.description == "127.0.0.4")
        #expect(sources.local(for: first)?.description == "127.0.0.2")
        #expect(sources.local(for: try #require(IPAddress("10.0.0.3")))?.description == "127.0.0.5")
        #expect(sources.local(for: try #require(IPAddress("10.0.0.2")))?.description == "127.0.0.4")

        let error = #expect(throws: AddressError.self) { try ReplaySources(destination: destination, named: [first: IPAddress(high: 0, low: 1)]) }
        #expect(error?.description == "\"10.0.0.1=::1\" sends from an IPv6 address, but 127.0.0.3:2055 is IPv4")
    }

    @Test("Beyond loopback the kernel chooses the address")
    func beyondLoopback() throws {
        var sources = try ReplaySources(destination: UDPDestination("192.0.2.9:2055"), named: [:])
        #expect(sources.local(for: IPAddress(v4: 1)) == nil)
    }

    @Test("Over IPv6 loopback exporters share the one address, and the second is told with the remedy", .enabled(if: loopbackHosts.contains("::1")))
    func ipv6() async throws {
        try await withCollector(listen: ["[::1]:0"]) { collector, recording in
            var session = try ReplaySession(to: UDPDestination(collector.boundAddresses[0]), pace: .rate(1e6))
            #expect(try session.send(datagram(0, from: "10.0.0.1"))?.description == "10.0.0.1 is sent from ::1")
            #expect(
                try session.send(datagram(1, from: "10.0.0.2"))?.description
                    == "10.0.0.2 is sent from ::1, as 10.0.0.1 is, so the receiver takes them for one exporter "
                    + "(IPv6 has one loopback address only: replay to 127.0.0.1)")
            try session.finish()
            try await eventually("datagrams arrive") { recording.datagrams.count == 2 }
            #expect(Set(recording.datagrams.map(\.sourcePort)).count == 2)
        }
    }

    @Test("A replay to a port that nobody listens on says so")
    func unheard() async throws {
        var closed: ListenAddress?
        try await withCollector { collector, _ in closed = collector.boundAddresses[0] }
        let destination = try UDPDestination(try #require(closed))
        var session = try ReplaySession(to: destination, pace: .rate(1e6))
        for number in 0..<200 { try session.send(datagram(number, from: "10.0.0.1")) }
        try session.finish()
        #expect(session.statistics.datagrams == 200)
        #expect(session.statistics.unheard > 0)
    }

    /// A clock that stands still until somebody waits for it.
    private final class FakeClock {
        var time: Int64 = 1_000
        var waits: [Int64] = []

        var clock: ReplayClock {
            ReplayClock(now: { self.time }) {
                self.waits.append($0)
                self.time = $0
            }
        }
    }

    @Test("A capture is sent with its own gaps, and round after round")
    func capturePace() async throws {
        try await withCollector { collector, recording in
            let fake = FakeClock()
            var session = try ReplaySession(to: UDPDestination(collector.boundAddresses[0]), pace: .captured, clock: fake.clock)
            for round in 0..<2 {
                for (number, milliseconds) in [0, 5, 5, 3, 20].enumerated() {
                    try session.send(datagram(round * 10 + number, from: "10.0.0.1", milliseconds: Int64(milliseconds)))
                }
                session.startOver()
            }
            try session.finish()
            #expect(fake.waits == [5, 20, 25, 40].map { 1_000 + $0 * 1_000_000 })
            try await eventually("datagrams arrive") { recording.datagrams.count == 10 }
            #expect(recording.datagrams.map(\.payload.number) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14])
            #expect(Set(recording.datagrams.map(\.sourcePort)).count == 1)
        }
    }

    @Test("At a rate datagrams are evenly spaced, whatever their times, and over rounds")
    func ratePace() {
        var pacer = ReplayPacer(.rate(1000))
        let due = (0..<4).map { step in
            if step == 2 { pacer.startOver() }
            return pacer.due(Timestamp(seconds: Int64(100 - step)), now: 7)
        }
        #expect(due == [7, 1_000_007, 2_000_007, 3_000_007])
    }

    @Test("Times that cannot be do not trap")
    func absurdTimes() {
        var pacer = ReplayPacer(.captured)
        #expect(pacer.due(Timestamp(nanoseconds: .min), now: 5) == 5)
        #expect(pacer.due(Timestamp(nanoseconds: .max), now: 5) == 5)
        #expect(pacer.due(Timestamp(nanoseconds: .min + 10), now: 5) == 15)
        var slow = ReplayPacer(.rate(.leastNormalMagnitude))
        #expect(slow.due(.unknown, now: 1) == 1)
        #expect(slow.due(.unknown, now: 1) == .max)
    }
}
