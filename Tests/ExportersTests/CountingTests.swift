import FlowModel
import FlowProtocols
import Testing

import Exporters

@Suite("As counted")
struct CountingTests {
    private static let openVSwitch = ExporterFact.template(domain: 0, id: 256, traits: .openVSwitch)

    @Test("A sampled frame becomes IP bytes before it is scaled")
    func sampledFrame() {
        var session = session()
        let sample = flow(.sflow5, bytes: 78, packets: 1) { flow in
            flow.samplingRate = 64
            flow.overhead = 18
            flow.traits.insert(.packetSample)
        }
        let out = session.count([sample], .sflow5)
        #expect(out.first?.bytes == 60 * 64 && out.first?.packets == 64 && out.first?.overhead == 0)
        #expect(session.status().corrections.contains { $0.hasPrefix("frame bytes of sampled packets") })
    }

    @Test("Overhead beyond the bytes, or beyond what can be multiplied, leaves nothing")
    func clampedOverhead() {
        var session = session()
        let out = session.count([flow(bytes: 10, packets: 1) { $0.overhead = 18 }, flow(bytes: 10, packets: .max) { $0.overhead = 18 }])
        #expect(out.map(\.bytes) == [0, 0])
    }

    @Test("Open vSwitch's IPFIX is not multiplied, whatever rate is around, and its dropped-packet counts are not believed")
    func openVSwitchIPFIX() {
        var session = session { exporter in
            exporter.trustDropMarks = true
            exporter.samplingRate = 10
        }
        let dropping = flow { flow in
            flow.droppedPackets = 9
            flow.droppedBytes = 900
            flow.dropReason = .unspecified
        }
        let out = session.count([dropping], facts: [Self.openVSwitch, .samplingExpected(domain: 0)])
        #expect(out.first?.bytes == 1000 && out.first?.samplingRate == 1)
        #expect(out.first?.droppedPackets == 0 && out.first?.droppedBytes == 0 && out.first?.dropReason == DropReason.none)
        let status = session.status()
        #expect(status.profile == .openvswitch && status.samplingSource == .prescaled && session.standing.reportsBothDirections)
        #expect(status.corrections.contains("counts are scaled by the exporter: not multiplied again"))
        #expect(status.corrections.contains { $0.contains("IE 132, 133") })
    }

    @Test("Totals of Open vSwitch are the whole exporter's, and count nothing")
    func openVSwitchTotals() {
        var session = session()
        #expect(session.count([flow { $0.traits.insert(.totals) }], facts: [Self.openVSwitch]).first?.bytes == 0)
    }

    @Test("The configured profile overrides what the exporter shows itself to be")
    func configuredProfile() {
        var session = session { $0.profile = .softflowd }
        #expect(session.count([flow { $0.droppedPackets = 3 }], facts: [Self.openVSwitch]).first?.droppedPackets == 3)
        #expect(session.profile == .softflowd && session.detectedProfile == .openvswitch && !session.standing.reportsBothDirections)
    }

    @Test("Names that an exporter claims are believed only as configured")
    func antrea() {
        var seen = session()
        _ = seen.count([], facts: [.template(domain: 0, id: 256, traits: .antrea)])
        #expect(seen.profile == .antrea && !seen.standing.believesClaimedNames)
        #expect(session { $0.profile = .antrea }.standing.believesClaimedNames)
    }

    @Test("A discard notification adds to what was dropped, in IP bytes and unscaled")
    func discard() {
        var session = session { $0.samplingRate = 100 }
        let out = session.count(
            [
                flow(.sflow5, bytes: 78, packets: 1) { flow in
                    flow.overhead = 18
                    flow.traits = [.packetSample, .discardNotification]
                    flow.dropReason = .sFlow(258)
                }
            ], .sflow5)
        #expect(out.first?.bytes == 0 && out.first?.packets == 0 && out.first?.samplingRate == 1)
        #expect(out.first?.droppedBytes == 60 && out.first?.droppedPackets == 1 && out.first?.dropReason == .sFlow(258))
    }

    @Test("A flow whose forwarding status is a drop counts, and counts as dropped")
    func forwardingStatus() {
        var session = session { $0.samplingRate = 2 }
        let out = session.count([flow { $0.forwardingStatus = 130 }, flow { $0.forwardingStatus = 64 }, flow { $0.forwardingStatus = 192 }])
        #expect(out.map(\.bytes) == [2000, 2000, 2000])
        #expect(out.map(\.droppedPackets) == [20, 0, 0] && out.map(\.droppedBytes) == [2000, 0, 0])
        #expect(out.first?.dropReason == .forwardingStatus(130))
    }

    @Test(
        "An output interface that says dropped is believed where the configuration says so, or where sFlow gives a reason",
        arguments: [
            (ExportProtocol.netflow5, DropReason.unspecified, false, false), (.netflow5, .unspecified, true, true),
            (.sflow5, .sFlow(256), false, false),
            (.sflow5, .sFlow(256), true, true), (.sflow5, .sFlow(258), false, true),
        ])
    func outputDropped(exportProtocol: ExportProtocol, reason: DropReason, isTrusted: Bool, isDropped: Bool) {
        var session = session { $0.trustDropMarks = isTrusted }
        let out = session.count(
            [
                flow(exportProtocol) { flow in
                    flow.traits.insert(.outputDropped)
                    flow.dropReason = reason
                }
            ], exportProtocol)
        #expect(out.first?.packets == 10)
        #expect(out.first?.droppedPackets == (isDropped ? 10 : 0))
        #expect(out.first?.dropReason == (isDropped ? reason : DropReason.none))
        #expect(session.status().corrections.contains { $0.hasPrefix("drop marks") } == !isDropped)
    }
}

@Suite("Times")
struct TimeTests {
    private func times(_ change: (inout Flow) -> Void, exportTime: Timestamp = noon) -> (start: Double, end: Double)? {
        var session = session()
        return session.count([flow(.ipfix, change)]) { $0.exportTime = exportTime }.first.map {
            (Double($0.start.since(noon)) / 1e9, Double($0.end.since(noon)) / 1e9)
        }
    }

    @Test("A flow without times is now; one with one time is a moment")
    func unknown() throws {
        #expect(try #require(times { _ in }) == (0, 0))
        #expect(try #require(times { $0.start = seconds(-5) }) == (-5, -5))
        #expect(try #require(times { $0.end = seconds(-5) }) == (-5, -5))
    }

    @Test("Times of an exporter whose clock is an hour ahead are moved back; up to two seconds are let be")
    func offset() throws {
        let change: (inout Flow) -> Void = { flow in
            flow.start = seconds(3580)
            flow.end = seconds(3590)
        }
        #expect(try #require(times(change, exportTime: seconds(3600))) == (-20, -10))
        #expect(try #require(times({ $0.end = seconds(-4) }, exportTime: seconds(1.5))) == (-4, -4))
    }

    @Test("What ends in the future or days ago ends now, as long as it was; what ends before it starts is a moment; nothing is longer than a day")
    func absurd() throws {
        let cases: [(Double, Double, Double, Double)] = [
            (90, 100, -10, 0), (-400_000, -399_990, -10, 0), (-10, -20, -20, -20), (-1_000_000, -10, -86_410, -10),
        ]
        for (start, end, wantedStart, wantedEnd) in cases {
            let result = times { flow in
                flow.start = seconds(start)
                flow.end = seconds(end)
            }
            #expect(try #require(result) == (wantedStart, wantedEnd))
        }
        // Nothing on the wire may trap.
        #expect(
            times { flow in
                flow.start = Timestamp(nanoseconds: .min)
                flow.end = Timestamp(nanoseconds: .max)
            } != nil)
    }

    @Test("The active timeout is the announced one, else the longest flow seen, rounded up")
    func activeTimeout() {
        var session = session()
        _ = session.count([
            flow { flow in
                flow.start = seconds(-9.8)
                flow.end = seconds(-0.1)
            }
        ])
        #expect(session.status().activeTimeoutSeconds == 10 && !session.status().isActiveTimeoutAnnounced)
        _ = session.count([], facts: [.activeTimeout(domain: 0, seconds: 60)])
        #expect(session.status().activeTimeoutSeconds == 60 && session.status().isActiveTimeoutAnnounced)
    }
}

@Suite("Running totals")
struct RunningTotalsTests {
    private func total(_ bytes: UInt64, start: Double?, port: UInt16 = 80) -> Flow {
        flow(bytes: bytes, packets: bytes / 100) { flow in
            flow.traits.insert(.totals)
            flow.destinationPort = port
            if let start { flow.start = seconds(start) }
        }
    }

    @Test("Of a flow that began after the session the first total counts whole, then the differences")
    func young() {
        var session = session()
        _ = session.count([])
        #expect(session.count([total(1000, start: 1)], at: seconds(5)).first?.bytes == 1000)
        let out = session.count([total(1500, start: 1), total(1500, start: 1)], at: seconds(6))
        #expect(out.map(\.bytes) == [500, 0] && out.map(\.packets) == [5, 0])
        #expect(session.status().corrections == ["running totals turned into differences"])
    }

    @Test("Of an older flow, or one that tells no start, the first total is the base")
    func old() {
        var session = session()
        #expect(session.count([total(1000, start: -100), total(700, start: nil, port: 81)]).map(\.bytes) == [0, 0])
        #expect(session.count([total(1800, start: -100), total(900, start: nil, port: 81)], at: seconds(1)).map(\.bytes) == [800, 200])
    }

    @Test("A total that goes back began anew; another start under the same addresses is another flow")
    func restart() {
        var session = session()
        _ = session.count([total(1000, start: nil)])
        #expect(session.count([total(300, start: nil)], at: seconds(1)).first?.bytes == 300)
        #expect(session.count([total(400, start: 2)], at: seconds(3)).first?.bytes == 400)
    }

    @Test("The table is bounded, and a flow it may have forgotten is not counted twice")
    func bounded() {
        var totals = RunningTotals(generationLimit: 2)
        func take(_ port: UInt16, _ bytes: UInt64, start: Double, at now: Double) -> UInt64 {
            var flow = total(bytes, start: start, port: port)
            totals.difference(&flow, startAsSent: flow.start, sessionFirstSeen: noon, receivedAt: seconds(now))
            return flow.bytes
        }
        #expect(take(1, 100, start: 1, at: 2) == 100)
        for port in UInt16(2)...6 { #expect(take(port, 100, start: 1, at: 3) == (port <= 5 ? 100 : 0)) }
        #expect(take(1, 900, start: 1, at: 4) == 0)
        #expect(take(9, 50, start: 5, at: 6) == 50)
    }

    @Test("A flow of which only the old generation knows goes on from its last total when memory is short")
    func short() {
        var totals = RunningTotals(generationLimit: 2)
        func take(_ port: UInt16, _ bytes: UInt64, at now: Double) -> UInt64 {
            var flow = total(bytes, start: 1, port: port)
            totals.difference(&flow, startAsSent: flow.start, sessionFirstSeen: noon, receivedAt: seconds(now))
            return flow.bytes
        }
        for port in UInt16(1)...3 { #expect(take(port, 100, at: 2) == 100) }
        // Ports 1 and 2 are old now; there is room for no fourth.
        totals.limitBytes = 3 * RunningTotals.cost
        #expect(take(1, 250, at: 3) == 150)
        #expect(take(1, 300, at: 4) == 50)
        // No room at all: what came since counts once, and the total is not taken for what came.
        totals.limitBytes = 0
        #expect(take(3, 180, at: 5) == 80)
        #expect(totals.refused == 1)
        #expect(take(3, 200, at: 6) == 0)
        #expect(totals.refused == 2)
    }
}
