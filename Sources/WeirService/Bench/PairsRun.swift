import Collector
import FlowModel
import Foundation

/// `weir bench pairs`: what a record costs, what a pair takes of memory, and how long a receive thread is kept waiting, by the number of pairs.
package enum PairsRun {
    /// Records between two take-overs by the totals' owner: what a thread receives in a second.
    private static let recordsPerSecond = 1_000_000
    /// Datagrams that a receive thread takes in at once.
    private static let batch = 64

    /// Fills a line with `pairs` pairs, has it count `records` records of them, each pair as likely as the others, and prints what that took.
    package static func run(pairs: Int, records: Int) throws {
        ProcessMemory.giveBack()
        var configuration = WeirConfiguration()
        configuration.ledger.maxPairs = pairs * 2
        configuration.ledger.namespaceShare = 1
        configuration.ledger.birthDelay = 0
        var traffic = BenchPairs(count: pairs)
        let line = try BenchLine(traffic.cluster, configuration: configuration)
        var now = BenchLine.start
        var sent = 0
        var first = 0
        func tickIfDue() {
            guard sent >= Self.recordsPerSecond || line.pipeline.totals.demand.isDue else { return }
            sent = 0
            now = now.advanced(by: 1_000_000_000)
            line.tick(at: now)
        }
        // The memory of the first 20,000 pairs is the program's.
        let base = min(pairs, 20_000)
        while first < base {
            sent += traffic.sendNext(from: &first, to: line, at: now)
            tickIfDue()
        }
        for _ in 0..<20_000 {
            sent += traffic.sendRandom(of: base, to: line, at: now)
            tickIfDue()
        }
        let before = residentBytes
        while first < pairs {
            sent += traffic.sendNext(from: &first, to: line, at: now)
            tickIfDue()
        }
        var counted = 0
        let start = WallClock.processor
        while counted < records {
            let done = traffic.sendRandom(of: pairs, to: line, at: now)
            counted += done
            sent += done
            tickIfDue()
        }
        line.tick(at: now.advanced(by: 1_000_000_000))
        let nanoseconds = Double(WallClock.processor - start) / Double(counted)
        let grown = residentBytes - before
        let stall = longestStall(line, &traffic, from: now.advanced(by: 2_000_000_000))
        let bytesPerPair = pairs > base ? "\(Int((Double(grown) / Double(pairs - base)).rounded()))" : "null"
        StandardOutput.write(
            Array(
                """
                {"pairs":\(line.pipeline.totals.withLedger { $0.pairs }),"records":\(counted),"nanosecondsPerRecord":\(tenths(nanoseconds)),\
                "bytesPerPair":\(bytesPerPair),"residentBytes":\(before + grown),"batches":\(stall.batches),\
                "stallMilliseconds":\(tenths(stall.longest)),"stallMillisecondsWorst":\(tenths(stall.worst)),"stallMillisecondsOf999":\(tenths(stall.of999))}

                """.utf8))
    }

    /// Octets of memory that are resident now.
    static var residentBytes: Int {
        guard let fields = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " "), fields.count > 1 else { return 0 }
        return (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// For seven seconds a thread receives batch after batch, while another one takes over each second and scrapes all the time. How long the longest batch of a second
    /// took, its own work included, in the median of the seconds and in the worst, and the longest but for one in a thousand, milliseconds.
    ///
    /// What the program does to itself comes in each second, since each has a take-over. Batches in which the kernel took the processor away are left out; what a
    /// hypervisor takes away shows in the worst second.
    private static func longestStall(
        _ line: BenchLine, _ traffic: inout BenchPairs, from start: Timestamp
    ) -> (batches: Int, longest: Double, worst: Double, of999: Double) {
        let isOver = RaisedFlag()
        let ended = DispatchSemaphore(value: 0)
        let demand = line.pipeline.totals.demand
        let owner = Thread {
            var beat: Int64 = 0
            while !isOver.isRaised {
                beat += 1
                line.tick(at: start.advanced(by: beat * 1_000_000_000))
                let until = WallClock.monotonic + 1_000_000_000
                func goesOn() -> Bool { !isOver.isRaised && !demand.isDue && WallClock.monotonic < until }
                while goesOn() {
                    var stream = MetricsStream(line.metricsSource, format: .text004, parts: Set(MetricsPart.allCases))
                    var text: [UInt8] = []
                    while stream.next(into: &text), goesOn() { text.removeAll(keepingCapacity: true) }
                }
            }
            ended.signal()
        }
        owner.start()
        var times: [Int64] = []
        var last = WallClock.monotonic
        let begin = last
        var longest = [Int64](repeating: 0, count: 7)
        let end = begin + Int64(longest.count) * 1_000_000_000
        var switches = involuntarySwitches
        while last < end {
            for _ in 0..<Self.batch { _ = traffic.sendRandom(of: traffic.count, to: line, at: start) }
            let now = WallClock.monotonic
            let switchesNow = involuntarySwitches
            if switchesNow == switches {
                times.append(now - last)
                let second = min(Int((last - begin) / 1_000_000_000), longest.count - 1)
                longest[second] = max(longest[second], now - last)
            }
            switches = switchesNow
            last = WallClock.monotonic
        }
        isOver.raise()
        ended.wait()
        times.sort()
        let of999 = times.isEmpty ? 0 : times[times.count * 999 / 1000]
        longest.sort()
        return (times.count, Double(longest[longest.count / 2]) / 1e6, Double(longest[longest.count - 1]) / 1e6, Double(of999) / 1e6)
    }

    /// How often the kernel took the processor away from this thread (`RUSAGE_THREAD`, which glibc shows to GNU sources only, is 1).
    private static var involuntarySwitches: Int {
        var usage = rusage()
        unsafe getrusage(1, &usage)
        return usage.ru_nivcsw
    }
}
