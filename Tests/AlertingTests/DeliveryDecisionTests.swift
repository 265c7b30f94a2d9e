import Alerting
import Detection
import FlowModel
import Foundation
import Testing

@Suite("What a receiver is told next")
struct DeliveryDecisionTests {
    private func names(_ alerts: [Alert]) -> [String] { alerts.compactMap { $0.labels["source_namespace"] } }

    @Test("An Alertmanager is told of news at once, of what fires every minute, of what has ended for a quarter of an hour")
    func feed() throws {
        var feed = AlertmanagerFeed()
        var random = SplitMix64(seed: 1)
        var book = AlertBook()
        _ = book.take(Made.report(Made.rule(), ["a", "b"], at: 0), now: Made.at(0))
        #expect(names(feed.next(book.alerts, at: Made.at(0))).sorted() == ["a", "b"])
        #expect(feed.next(book.alerts, at: Made.at(1)).isEmpty, "one request at a time")
        #expect(feed.finish(.delivered, at: Made.at(1), using: &random) == (2, 0))
        #expect(feed.next(book.alerts, at: Made.at(60)).isEmpty)
        #expect(feed.next(book.alerts, at: Made.at(61)).count == 2)
        _ = feed.finish(.delivered, at: Made.at(61), using: &random)
        _ = book.take(Made.report(Made.rule(), ["b"], at: 75), now: Made.at(75))
        var told: [Double] = []
        for second in stride(from: 75.0, to: 1500, by: 1) {
            let batch = feed.next(book.alerts + book.resolved, at: Made.at(second))
            if names(batch).contains("a") { told.append(second) }
            if !batch.isEmpty { _ = feed.finish(.delivered, at: Made.at(second), using: &random) }
        }
        #expect(told == stride(from: 75.0, to: 75 + 900, by: 60).map { $0 })
    }

    @Test("Of what is new, the worst is told first")
    func worstFirst() {
        var feed = AlertmanagerFeed()
        let info = Made.firing((0..<100).map { "ns-\($0)" }, rule: Made.rule { $0.severity = .info })
        let critical = Made.firing(["worst"], rule: Made.rule { $0.severity = .critical }, at: 15)
        let batch = feed.next(info + critical, at: Made.at(15))
        #expect(names(batch).first == "worst" && batch.count == AlertmanagerFeed.largestBatch)
    }

    @Test("What has ended while an Alertmanager was away is still told, and what fires meanwhile, all of it in bounded requests")
    func away() {
        var feed = AlertmanagerFeed()
        var random = SplitMix64(seed: 1)
        var book = AlertBook()
        let all = (0..<200).map { "ns-\($0)" }
        _ = book.take(Made.report(Made.rule(), all, at: 0), now: Made.at(0))
        var attempts = 0
        for second in 0..<3600 where !feed.next(book.alerts + book.resolved, at: Made.at(Double(second))).isEmpty {
            attempts += 1
            _ = feed.finish(.failed(.connection, message: ""), at: Made.at(Double(second)), using: &random)
            if second > 600 { _ = book.take(Made.report(Made.rule(), Array(all.prefix(150)), at: Double(second)), now: Made.at(Double(second))) }
        }
        #expect((60...130).contains(attempts), "\(attempts) attempts in an hour")
        #expect(feed.untold == 200)
        var told: [String] = []
        var requests = 0
        for second in 3700..<3710 {
            let batch = feed.next(book.alerts + book.resolved, at: Made.at(Double(second)))
            guard !batch.isEmpty else { break }
            requests += 1
            #expect(batch.count <= AlertmanagerFeed.largestBatch)
            told += names(batch)
            _ = feed.finish(.delivered, at: Made.at(Double(second)), using: &random)
        }
        #expect(told.count == 200 && Set(told) == Set(all) && requests == 4)
    }

    @Test("An Alertmanager that was away is told at once of what it had known, since it may have been started anew")
    func startedAnew() {
        var feed = AlertmanagerFeed()
        var random = SplitMix64(seed: 1)
        let old = Made.firing(["a", "b"])
        _ = feed.next(old, at: Made.at(0))
        _ = feed.finish(.delivered, at: Made.at(0), using: &random)
        let all = old + Made.firing(["c"], at: 5)
        #expect(names(feed.next(all, at: Made.at(5))) == ["c"])
        _ = feed.finish(.failed(.connection, message: ""), at: Made.at(5), using: &random)
        #expect(names(feed.next(all, at: Made.at(8))) == ["c"])
        _ = feed.finish(.delivered, at: Made.at(8), using: &random)
        #expect(names(feed.next(all, at: Made.at(8))).sorted() == ["a", "b"])
        _ = feed.finish(.delivered, at: Made.at(8), using: &random)
        #expect(feed.next(all, at: Made.at(9)).isEmpty && feed.untold == 0)
    }

    @Test("What an Alertmanager refuses is not tried again at once, and not for ever")
    func refused() {
        var feed = AlertmanagerFeed()
        var random = SplitMix64(seed: 1)
        let alerts = Made.firing(["a"])
        _ = feed.next(alerts, at: Made.at(0))
        #expect(feed.finish(.refused(status: 400, body: ""), at: Made.at(0), using: &random) == (0, 1))
        #expect(feed.next(alerts, at: Made.at(59)).isEmpty)
        #expect(feed.next(alerts, at: Made.at(60)).count == 1)
    }

    @Test("A feed that is saved and read goes on where it was")
    func saved() throws {
        var feed = AlertmanagerFeed()
        var random = SplitMix64(seed: 1)
        let alerts = Made.firing(["a"])
        _ = feed.next(alerts, at: Made.at(0))
        _ = feed.finish(.delivered, at: Made.at(0), using: &random)
        var read = try JSONDecoder().decode(AlertmanagerFeed.self, from: JSONEncoder().encode(feed))
        #expect(read.next(alerts, at: Made.at(30)).isEmpty)
        #expect(read.next(alerts, at: Made.at(60)).count == 1)
    }

    @Test("Waits double up to a minute, each drawn from its upper half, the same for the same seed")
    func waits() {
        func waits(_ seed: UInt64) -> [Double] {
            var random = SplitMix64(seed: seed)
            var wait = RetryWait()
            var now = 0.0
            return (0..<10).map { _ in
                let failed = now
                wait.fail(at: Made.at(now), using: &random)
                while !wait.isOver(at: Made.at(now)) { now += 0.05 }
                return now - failed
            }
        }
        let some = waits(7)
        #expect(some == waits(7) && some != waits(8))
        for (index, wait) in some.enumerated() {
            let longest = min(2 * Double(1 << index), 60)
            #expect(wait >= longest / 2 - 0.1 && wait <= longest + 0.1, "\(index): \(wait)")
        }
        var wait = RetryWait()
        var random = SplitMix64(seed: 1)
        wait.fail(at: Made.at(0), using: &random)
        wait.succeed()
        #expect(wait.isOver(at: Made.at(0)))
        wait.fail(at: Made.at(0), using: &random)
        #expect(wait.isOver(at: Made.at(-3600)), "a clock that was set back ends the wait")
    }

    @Test("A queue keeps its order, sends one thing at a time, and what fails stays in front")
    func order() {
        var outbox = Outbox<String>()
        var random = SplitMix64(seed: 1)
        let limits = Outbox<String>.Limits(count: 10, age: 100_000_000_000)
        for text in ["one", "two"] { #expect(outbox.add(text, at: Made.at(0), limits).isEmpty) }
        let first = outbox.next(at: Made.at(0))
        #expect(first?.content == "one")
        #expect(outbox.next(at: Made.at(0)) == nil)
        #expect(outbox.finish(first?.number ?? 0, .failed(.server, message: ""), at: Made.at(0), using: &random) == nil)
        #expect(outbox.next(at: Made.at(0.5)) == nil, "not before the wait is over")
        #expect(outbox.next(at: Made.at(2))?.content == "one")
        #expect(outbox.finish(1, .refused(status: 400, body: "no"), at: Made.at(2), using: &random)?.loss == .refused)
        #expect(outbox.next(at: Made.at(2))?.content == "two", "what is refused keeps nobody waiting")
        #expect(outbox.finish(2, .delivered, at: Made.at(2), using: &random)?.loss == nil)
        #expect(outbox.count == 0)
    }

    @Test("A queue is bounded by count and age, and says what it gave up")
    func bounds() throws {
        var outbox = Outbox<Int>()
        let limits = Outbox<Int>.Limits(count: 10, age: 100_000_000_000)
        var lost: [Int] = []
        for number in 0..<8 { lost += outbox.add(number, weight: 3, at: Made.at(Double(number)), limits).map(\.content) }
        #expect(lost == [0, 1, 2, 3, 4] && outbox.count == 9)
        #expect(outbox.add(100, weight: 50, at: Made.at(8), limits).count == 3)
        #expect(outbox.count == 50, "the newest stays, whatever it weighs")
        var read = try JSONDecoder().decode(Outbox<Int>.self, from: JSONEncoder().encode(outbox))
        #expect(read.expire(at: Made.at(107), limits).isEmpty)
        #expect(read.next(at: Made.at(107))?.content == 100)
        #expect(read.expire(at: Made.at(200), limits).isEmpty, "not while it is being sent")
        var random = SplitMix64(seed: 1)
        _ = read.finish(read.items[0].number, .failed(.timeout, message: ""), at: Made.at(200), using: &random)
        #expect(read.expire(at: Made.at(200), limits).map(\.content) == [100])
    }

    @Test("Statuses are told apart: taken, not wanted, later")
    func statuses() {
        #expect(Outcome(status: 200, body: "") == .delivered)
        #expect(Outcome(status: 204, body: "") == .delivered)
        #expect(Outcome(status: 400, body: "why") == .refused(status: 400, body: "why"))
        #expect(Outcome(status: 404, body: "") == .refused(status: 404, body: ""))
        for status in [301, 408, 429, 500, 503] {
            guard case .failed = Outcome(status: status, body: "") else {
                Issue.record("\(status)")
                return
            }
        }
    }
}
