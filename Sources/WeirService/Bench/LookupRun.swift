import FlowModel
import Foundation
import Identity
import KubernetesObjects

/// `weir bench lookup`: what a record's two look-ups cost by the number of endpoints, and what a change of the table does.
package enum LookupRun {
    /// Records that are looked up one behind the other, as those of a receive batch are.
    private static let batch = 1 << 18
    private static let start = Timestamp(seconds: 1_800_000_000)

    /// Fills a table with so many pods, looks the ends of `records` records up, each of two pods chosen at random, then changes pods, and prints what that took.
    package static func run(endpoints: Int, records: Int) throws {
        let registry = EndpointRegistry()
        var options = LiveIdentity.Options()
        options.seed = 1
        var identity = LiveIdentity(IdentityConfiguration(), registry: registry, options: options)
        let before = PairsRun.residentBytes
        let filling = WallClock.processor
        var put: Int64 = 0
        for first in stride(from: 0, to: endpoints, by: 10_000) {
            let pods = try pods(first..<min(first + 10_000, endpoints), startedAt: "2026-01-01T00:00:00Z")
            let begun = WallClock.processor
            for pod in pods { identity.put(pod, at: start) }
            put += WallClock.processor - begun
        }
        let publishing = WallClock.processor
        var snapshot = identity.publish(at: start)
        let whole = WallClock.processor - publishing
        let grown = PairsRun.residentBytes - before

        var generator = SplitMix64(seed: 1)
        let ends = (0..<2 * batch).map { _ in address(Int.random(in: 0..<endpoints, using: &generator)) }
        let present = nanoseconds(records, ends) { snapshot.lookup($0) }
        let timed = nanoseconds(records, ends) { snapshot.lookup($0, at: start) }

        // One change for each snapshot, then a thousand changes a second with a snapshot every 20 ms.
        var longest: Int64 = 0
        var now = start
        let changes = min(endpoints, 1_000)
        let single = try self.pods(0..<changes, startedAt: "2027-01-15T08:00:00Z")
        var sum: Int64 = 0
        for pod in single {
            now = now.advanced(by: 1_000_000)
            let begun = WallClock.monotonic
            identity.removePod(ObjectName(namespace: pod.metadata.namespace ?? "", name: pod.metadata.name), uid: nil, at: now)
            snapshot = identity.publish(at: now)
            longest = max(longest, WallClock.monotonic - begun)
            sum += WallClock.monotonic - begun
        }
        let batched = WallClock.processor
        for (index, pod) in single.enumerated() {
            now = now.advanced(by: 1_000_000)
            identity.put(pod, at: now)
            guard index % 20 == 19 else { continue }
            identity.expire(at: now)
            snapshot = identity.publish(at: now)
        }
        let perSecond = Double(WallClock.processor - batched) / Double(changes) * 1000
        StandardOutput.write(
            Array(
                """
                {"endpoints":\(snapshot.endpointCount),"records":\(records),"nanosecondsForTwoLookUps":\(PairsRun.tenths(present)),\
                "nanosecondsForTwoLookUpsByTime":\(PairsRun.tenths(timed)),"bytesPerEndpoint":\(grown / endpoints),\
                "microsecondsPerPod":\(PairsRun.tenths(Double(put) / Double(endpoints) / 1e3)),\
                "secondsToFill":\(PairsRun.tenths(Double(publishing - filling) / 1e9)),"firstSnapshotMilliseconds":\(PairsRun.tenths(Double(whole) / 1e6)),\
                "snapshotMilliseconds":\(hundredths(Double(sum) / Double(changes) / 1e6)),"snapshotMillisecondsMost":\(hundredths(Double(longest) / 1e6)),\
                "processorMillisecondsFor1000Changes":\(PairsRun.tenths(perSecond / 1e6))}

                """.utf8))
    }

    /// How long two look-ups take. Their addresses stand in memory in order, as those of a batch of flows; no look-up waits for the result of the one before.
    private static func nanoseconds(_ records: Int, _ ends: [IPAddress], _ lookup: (IPAddress) -> EndpointEntry) -> Double {
        var entries = [EndpointEntry](repeating: .world, count: 256)
        var done = 0
        let begun = WallClock.processor
        while done < records {
            for first in stride(from: 0, to: ends.count, by: 256) {
                for index in 0..<256 { entries[index] = lookup(ends[first + index]) }
                done += 128
                guard done < records else { break }
            }
        }
        let taken = WallClock.processor - begun
        precondition(entries.allSatisfy { $0.kind == .pod }, "every address is a pod's")
        return Double(taken) / Double(done)
    }

    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func address(_ pod: Int) -> IPAddress { IPAddress(v4: 0x0A00_0002 + UInt32(truncatingIfNeeded: pod)) }

    private static func pods(_ range: Range<Int>, startedAt start: String) throws -> [Pod] {
        let items = range.map { pod in
            """
            {"metadata":{"namespace":"team-\(pod / 50)","name":"service-\(pod / 5)-7d9c6b5f48-x\(pod % 5)abc","uid":"\(pod)",\
            "ownerReferences":[{"kind":"ReplicaSet","name":"service-\(pod / 5)-7d9c6b5f48","controller":true}]},\
            "spec":{"nodeName":"node-\(pod % 1000)"},"status":{"phase":"Running","podIP":"\(address(pod))","startTime":"\(start)"}}
            """
        }
        return try ObjectFile(Data("{\"kind\":\"PodList\",\"items\":[\(items.joined(separator: ","))]}".utf8), name: "bench").pods
    }
}
