import FlowModel
import Foundation
import Glibc
import KubernetesClient
import Support
import Testing

/// What it costs to list a large cluster. `WEIR_PODS=100000` lists so many, 2,000 where it is not set.
@Suite("A large list", .serialized) struct LargeListTests {
    /// In a process of its own, so that nothing else is in the memory that it measures.
    @Test("Pods by the thousand are listed in bounded memory and time")
    func manyPods() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { Self.listManyPods() }
        print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self), terminator: "")
    }

    private static func listManyPods() {
        let count = Int(ProcessInfo.processInfo.environment["WEIR_PODS"] ?? "") ?? 2_000
        var octets = 0
        var kept: [ObjectChange] = []
        var machine = ListWatch(Scope(.pods), random: SeededGenerator(seed: 1))
        let now = Timestamp(seconds: 1)
        let memory = residentOctets()
        var processor = 0.0
        func take(_ input: ListWatch.Input) {
            let start = processorSeconds()
            for action in machine.take(input, at: now) { if case .apply(let changes) = action { kept += changes } }
            processor += processorSeconds() - start
        }
        take(.start)
        for first in stride(from: 0, to: count, by: 500) {
            let numbers = first..<min(first + 500, count)
            let page = Array(
                Sample.list(
                    numbers.map(LargeCluster.pod), version: 10, continue: numbers.upperBound < count ? "t" : nil,
                    remaining: count - numbers.upperBound
                ).utf8)
            octets += page.count
            take(.head(status: 200, retryAfter: nil))
            // As large as libcurl's pieces.
            for start in stride(from: 0, to: page.count, by: 16 << 10) { take(.octets(Array(page[start..<min(start + (16 << 10), page.count)]))) }
            take(.end(.whole))
        }
        let grown = residentOctets() - memory
        #expect(machine.status.objects == count)
        #expect(grown < 30 << 20 || grown / count < 2_000, "\(grown) octets")
        let rate = Double(octets) / processor / 1e6
        print("\(count) pods of \(octets / count) octets: \(processor) s, \(rate) MB/s, \(Double(grown) / 1e6) MB more memory")
        withExtendedLifetime(kept) {}
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func residentOctets() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }
}
