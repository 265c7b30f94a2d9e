import FlowModel

/// By how much an exporter's clock is ahead of ours, from export times and times of receipt.
///
/// Queues and the network only ever make a datagram later, so the largest difference is the best estimate, but for the wild one: it must be borne out by
/// another one within 1.5 s. The two largest of each ten seconds are kept for eighty. A clock that is set forward is followed with the second datagram; one
/// that is set back when the datagrams of five seconds agree, else when the old ones have left the window. Headers tell whole seconds: the offset is good to
/// about a second.
package struct ClockOffset: Sendable {
    /// The two largest differences of ten seconds.
    private struct Slot: BitwiseCopyable {
        var start = Timestamp.unknown
        var best: Int64 = 0
        var second: Int64 = 0
        var count = 0

        mutating func take(_ sample: Int64) {
            if count == 0 || sample > best {
                second = best
                best = sample
            } else if count == 1 || sample > second {
                second = sample
            }
            count = min(count + 1, 2)
        }
    }

    /// Differences far below the estimate that came without one near it in between.
    private struct Run: BitwiseCopyable {
        var start = Timestamp.unknown
        var count = 0
        var least: Int64 = 0
        var most: Int64 = 0
    }

    private static let slotLength: Int64 = 10_000_000_000
    private static let window: Int64 = 80_000_000_000
    /// Of an exporter that sends too seldom, older ones count, too: half an hour.
    private static let memory: Int64 = 1_800_000_000_000
    /// Offsets of up to 2 s are the headers' resolution and the network, and are not corrected.
    private static let tolerance: Int64 = 2_000_000_000
    /// Differences as close as this bear each other out.
    private static let agreement: Int64 = 1_500_000_000
    private static let runLength: Int64 = 5_000_000_000
    private static let runCount = 8

    private var slots = InlineArray<8, Slot>(repeating: Slot())
    private var current = 0
    private var run = Run()
    private var isBorneOut = false

    /// An offset that is not known yet.
    package init() {}

    /// Nanoseconds; positive where the exporter's clock is ahead. Nil before the first export time.
    package private(set) var nanoseconds: Int64?

    /// Nanoseconds to take off the exporter's times: the offset, or 0 where it is too small to tell.
    package var correction: Int64 {
        guard let offset = nanoseconds, offset > Self.tolerance || offset < -Self.tolerance else { return 0 }
        return offset
    }

    /// Takes in a datagram's export time.
    package mutating func take(exportTime: Timestamp, receivedAt: Timestamp) {
        let sample = exportTime.since(receivedAt)
        let age = receivedAt.since(slots[current].start)
        if slots[current].start == .unknown {
            slots[current].start = receivedAt
        } else if age < -Self.tolerance {
            // Our own clock was set back.
            forget()
            slots[current].start = receivedAt
        } else if age >= Self.slotLength {
            current = (current + 1) % slots.count
            slots[current] = Slot()
            slots[current].start = receivedAt
        } else if slots[current].count == 2, sample <= slots[current].second {
            // Nothing new; most datagrams end here.
            follow(sample, at: receivedAt)
            return
        }
        slots[current].take(sample)
        estimate(at: receivedAt)
        follow(sample, at: receivedAt)
    }

    /// The largest difference that another one bears out; without one what was known stays, else it is the one nearest to none.
    private mutating func estimate(at now: Timestamp) {
        guard let borneOut = borneOut(at: now, within: Self.window) ?? borneOut(at: now, within: Self.memory) else {
            guard !isBorneOut else { return }
            var nearest = slots[current].best
            for index in slots.indices {
                if slots[index].count > 0, slots[index].best.magnitude < nearest.magnitude { nearest = slots[index].best }
                if slots[index].count > 1, slots[index].second.magnitude < nearest.magnitude { nearest = slots[index].second }
            }
            nanoseconds = nearest
            return
        }
        isBorneOut = true
        nanoseconds = borneOut
    }

    private func borneOut(at now: Timestamp, within span: Int64) -> Int64? {
        var samples: [Int64] = []
        for index in slots.indices where slots[index].count > 0 && now.since(slots[index].start) < span {
            samples.append(slots[index].best)
            if slots[index].count > 1 { samples.append(slots[index].second) }
        }
        samples.sort(by: >)
        return zip(samples, samples.dropFirst()).first { $0 &- $1 <= Self.agreement && $0 &- $1 >= 0 }?.0
    }

    /// Notices that the exporter's clock was set back: a queue delays datagrams by different times, or some of them.
    private mutating func follow(_ sample: Int64, at now: Timestamp) {
        guard let nanoseconds, sample < nanoseconds &- Self.tolerance else {
            run.count = 0
            return
        }
        if run.count == 0 { run = Run(start: now, count: 0, least: sample, most: sample) }
        run.count += 1
        run.least = min(run.least, sample)
        run.most = max(run.most, sample)
        if run.most &- run.least > Self.agreement {
            run = Run(start: now, count: 1, least: sample, most: sample)
        } else if run.count >= Self.runCount, now.since(run.start) >= Self.runLength {
            let offset = run.most
            forget()
            slots[current].start = now
            slots[current].take(offset)
            slots[current].take(offset)
            self.nanoseconds = offset
            isBorneOut = true
        }
    }

    private mutating func forget() {
        slots = InlineArray(repeating: Slot())
        current = 0
        run = Run()
        isBorneOut = false
    }
}
