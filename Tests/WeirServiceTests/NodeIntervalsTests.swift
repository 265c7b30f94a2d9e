import FlowModel
import Identity
import Testing
import WeirService

private let minute: Int64 = 60_000_000_000
/// The beginning of a minute.
private let zero = Timestamp(nanoseconds: 29_920_560 * minute)

private func after(_ minutes: Double) -> Timestamp { zero.advanced(by: Int64(minutes * Double(minute))) }

@Suite("Packets between nodes, minute by minute")
struct NodeIntervalsTests {
    /// Two nodes whose exporters report every two seconds, and what goes from one to the other.
    private struct Fabric {
        var intervals = NodeIntervals(start: zero)
        var now = zero
        var reports: [String: NodeReport] = ["a": NodeReport(heard: zero), "b": NodeReport(heard: zero)]

        /// Passes time in which packets are sent, and arrive, told at the end of each minute.
        mutating func pass(
            minutes: Int, sent: UInt64 = 100, received: UInt64 = 100, changing: (inout Fabric) -> Void = { _ in }
        ) {
            for _ in 0..<minutes * 30 {
                now = now.advanced(by: 2_000_000_000)
                for name in reports.keys { reports[name]?.heard = now }
                changing(&self)
                for (name, report) in reports { intervals.take(report, of: name, at: now) }
                if now.nanoseconds % minute == 0 {
                    let number = now.nanoseconds / minute - 1
                    intervals.add(from: "a", to: "b", .sent, minute: number, packets: sent, at: now)
                    intervals.add(from: "a", to: "b", .received, minute: number, packets: received, at: now)
                }
                intervals.advance(to: now)
            }
        }

        var total: NodeIntervals.Total? { intervals.totals.first }
        func count(_ result: NodeIntervals.Result) -> UInt64 { intervals.results[result] ?? 0 }
    }

    @Test("What is lost between two nodes is the difference of what they counted")
    func loss() throws {
        var fabric = Fabric()
        fabric.pass(minutes: 12, sent: 100, received: 90)
        let total = try #require(fabric.total)
        #expect(total.source == "a" && total.destination == "b")
        #expect(total.sent > 0 && total.sent / 100 == total.received / 90 && total.sent % 100 == 0)
        #expect(fabric.count(.counted) == total.sent / 100 && fabric.count(.counted) >= 8)
        #expect(fabric.count(.silent) == 1, "the minute in which they were first heard")
    }

    @Test("A minute is counted only when both exporters have had the time to tell all of it")
    func patience() {
        var fabric = Fabric()
        fabric.reports["b"]?.delay = 120_000_000_000
        fabric.pass(minutes: 4)
        #expect(fabric.count(.counted) == 0)
        fabric.pass(minutes: 1)
        #expect(fabric.count(.counted) == 1 && fabric.total?.sent == 100)
    }

    @Test(
        "Minutes in which either exporter lost records, or sampled, count for neither", arguments: [NodeReport.Trouble.lostRecords, .sampled],
        ["a", "b"])
    func trouble(_ trouble: NodeReport.Trouble, of node: String) {
        var fabric = Fabric()
        fabric.pass(minutes: 5)
        let before = fabric.count(.counted)
        fabric.pass(minutes: 5) { fabric in
            fabric.reports[node]?.trouble = fabric.now == after(5.5) ? trouble : nil
        }
        fabric.pass(minutes: 5)
        // All minutes that were open, and the one it happened in.
        #expect(fabric.count(.troubled(trouble)) == 2)
        #expect(fabric.count(.counted) == before + 8)
        #expect(fabric.total?.sent == fabric.total?.received)
    }

    @Test("Minutes in which the kernel dropped datagrams count for nobody")
    func receiveDrops() {
        var fabric = Fabric()
        fabric.pass(minutes: 10) { if $0.now == after(5.5) { $0.intervals.noteReceiveDrops(at: $0.now) } }
        #expect(fabric.count(.receiveDrops) == 2)
    }

    @Test("Where an exporter falls silent its last minutes count for neither, instead of all being lost")
    func silence() {
        var fabric = Fabric()
        fabric.pass(minutes: 6)
        fabric.reports["b"] = nil
        fabric.pass(minutes: 14, sent: 100, received: 0)
        #expect(fabric.total?.sent == fabric.total?.received)
        #expect(fabric.count(.silent) > 5)
    }

    @Test("Where the sessions of an exporter change, the minutes so far are not whole")
    func sessions() {
        var fabric = Fabric()
        fabric.pass(minutes: 5)
        let before = fabric.count(.silent)
        fabric.reports["a"]?.sessions = 77
        fabric.pass(minutes: 5)
        // Those that were open, and the one it happened in.
        #expect(fabric.count(.silent) == before + 3)
    }

    @Test("Exporters that tell of packets after more than five minutes are not compared")
    func late() {
        var fabric = Fabric()
        fabric.reports["a"]?.delay = 400_000_000_000
        fabric.pass(minutes: 10)
        #expect(fabric.total.map { $0.sent == 0 && $0.received == 0 } ?? true)
        #expect(fabric.count(.counted) == 0 && fabric.count(.late) > 0)
        // It is forgiven when it has not happened for a while.
        fabric.reports["a"]?.delay = 60_000_000_000
        fabric.pass(minutes: 40)
        #expect(fabric.count(.counted) > 0 && fabric.total?.sent == fabric.total?.received)
    }

    @Test("What comes when its minute was closed is not counted, and what is open does not count either")
    func afterwards() {
        var fabric = Fabric()
        fabric.pass(minutes: 6)
        let sent = fabric.total?.sent
        fabric.intervals.add(from: "a", to: "b", .sent, minute: zero.nanoseconds / minute + 1, packets: 1000, at: fabric.now)
        #expect(fabric.total?.sent == sent)
        fabric.pass(minutes: 6)
        #expect(fabric.count(.late) == 3 && fabric.total?.sent == fabric.total?.received)
    }

    @Test("Only nodes whose exporters have reported are compared; a clock that is set back closes nothing twice")
    func oddities() {
        var fabric = Fabric()
        fabric.intervals.add(from: "a", to: "nobody", .sent, minute: zero.nanoseconds / minute, packets: 5, at: zero)
        fabric.pass(minutes: 6)
        #expect(fabric.intervals.totals.count == 1)
        let before = fabric.total
        fabric.now = zero.advanced(by: -3_600_000_000_000)
        fabric.pass(minutes: 3)
        #expect(fabric.total?.sent ?? 0 <= before?.sent ?? 0)
    }

    @Test("A capture is closed whole, but for what was lost in it")
    func closing() {
        var whole = NodeIntervals(start: zero)
        for name in ["a", "b"] { whole.take(NodeReport(heard: zero), of: name, at: zero) }
        for number in 0..<3 as Range<Int64> {
            whole.add(from: "a", to: "b", .sent, minute: zero.nanoseconds / minute + number, packets: 10, at: after(3))
            whole.add(from: "a", to: "b", .received, minute: zero.nanoseconds / minute + number, packets: 9, at: after(3))
        }
        var broken = whole
        whole.close()
        #expect(whole.totals.map(\.sent) == [30] && whole.totals.map(\.received) == [27])
        broken.take(NodeReport(heard: after(3), trouble: .lostRecords), of: "b", at: after(3))
        broken.close()
        #expect(broken.totals.map(\.sent) == [0] && broken.totals.map(\.received) == [0])
    }
}

@Suite("A shard's packets between nodes")
struct NodeTrafficBufferTests {
    private let one = NodeIndex(rawValue: 1)
    private let two = NodeIndex(rawValue: 65_534)

    private func flow(from start: Double, to end: Double, packets: UInt64) -> Flow {
        var flow = Flow()
        flow.start = after(start)
        flow.end = after(end)
        flow.packets = packets
        return flow
    }

    private func amounts(_ buffer: inout NodeTrafficBuffer) -> [Int64: UInt64] {
        buffer.take().amounts.reduce(into: [:]) { $0[$1.minute - zero.nanoseconds / minute, default: 0] += $1.packets }
    }

    @Test("A flow's packets are spread over the minutes it lasted, and none gets lost")
    func spreading() {
        var buffer = NodeTrafficBuffer()
        buffer.add(flow(from: 0.5, to: 2.5, packets: 100), from: one, to: two, .sent)
        #expect(amounts(&buffer) == [0: 25, 1: 50, 2: 25])
        buffer.add(flow(from: 0.5, to: 3.5, packets: 10), from: one, to: two, .sent)
        #expect(amounts(&buffer).values.reduce(0, +) == 10)
        buffer.add(flow(from: 0.9, to: 1.1, packets: 1), from: one, to: two, .sent)
        #expect(amounts(&buffer) == [1: 1])
        buffer.add(flow(from: 1, to: 2, packets: 7), from: one, to: two, .sent)
        #expect(amounts(&buffer).values.reduce(0, +) == 7)
        buffer.add(flow(from: 0.2, to: 0.2, packets: 3), from: one, to: two, .received)
        #expect(amounts(&buffer) == [0: 3] && buffer.isEmpty)
    }

    @Test("Two sides that cut a flow differently agree about the whole of it")
    func cuts() {
        var (left, right) = (NodeTrafficBuffer(), NodeTrafficBuffer())
        left.add(flow(from: 0.1, to: 5.1, packets: 1000), from: one, to: two, .sent)
        for part in 0..<10 {
            right.add(flow(from: 0.1 + Double(part) / 2, to: 0.6 + Double(part) / 2, packets: 100), from: one, to: two, .received)
        }
        let (sent, received) = (amounts(&left), amounts(&right))
        #expect(sent.values.reduce(0, +) == 1000 && received.values.reduce(0, +) == 1000)
        for (minute, packets) in sent { #expect(packets.distance(to: received[minute] ?? 0).magnitude <= 2, "minute \(minute)") }
    }

    @Test("Thousands of pairs and minutes are told apart, in both directions")
    func many() {
        var buffer = NodeTrafficBuffer()
        for source in 0..<100 as Range<UInt16> {
            for destination in 0..<100 as Range<UInt16> {
                buffer.add(
                    flow(from: 0, to: 0, packets: UInt64(source) * 1000 + UInt64(destination)), from: NodeIndex(rawValue: source),
                    to: NodeIndex(rawValue: destination), .received)
            }
        }
        let (amounts, refused) = buffer.take()
        #expect(amounts.count == 10_000 && refused == 0)
        #expect(amounts.allSatisfy { $0.packets == UInt64($0.source.rawValue) * 1000 + UInt64($0.destination.rawValue) && $0.side == .received })
    }

    @Test("What lasts too long, or cannot be, is refused")
    func refused() {
        var buffer = NodeTrafficBuffer()
        buffer.add(flow(from: 0, to: 20, packets: 5), from: one, to: two, .sent)
        buffer.add(flow(from: 3, to: 1, packets: 5), from: one, to: two, .sent)
        buffer.add(flow(from: 0, to: 2, packets: .max), from: one, to: two, .sent)
        var ancient = Flow()
        ancient.start = Timestamp(nanoseconds: .min)
        ancient.end = Timestamp(nanoseconds: .max)
        ancient.packets = .max
        buffer.add(ancient, from: one, to: two, .sent)
        ancient.end = .init(nanoseconds: .min)
        buffer.add(ancient, from: one, to: two, .sent)
        let taken = buffer.take()
        #expect(taken.amounts.isEmpty && taken.refused == 5)
    }
}
