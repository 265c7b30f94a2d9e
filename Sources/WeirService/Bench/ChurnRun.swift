import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Synchronization

/// `weir bench churn`: what changes of the identity table, published every 20 ms, cost the thread that counts meanwhile.
package enum ChurnRun {
    /// Nanoseconds of a phase: with and without changes in turn, so that what else happens on the machine falls on both.
    private static let phase: Int64 = 500_000_000
    /// Datagrams that a receive thread takes in at once.
    private static let batch = 32

    /// What was counted in a phase.
    private struct Phase {
        var records = 0
        var seconds = 0.0
        var processorSeconds = 0.0
    }

    /// One thread counts records of `endpoints` pods as fast as it can, while in every other half second another one has pods go and come again, so many
    /// events a second; prints the rates of both.
    package static func run(endpoints: Int, changesPerSecond: Int, seconds: Int) throws {
        let cluster = BenchCluster(addresses: endpoints)
        let line = try BenchLine(cluster)
        let pods = try ObjectFile(Data(cluster.identityFile().utf8), name: "bench").pods
        let changing = RaisedFlag()
        let isOver = RaisedFlag()
        let ended = DispatchSemaphore(value: 0)
        let published = DispatchSemaphore(value: 0)
        let done = Mutex(0)
        let changes = Thread {
            var options = LiveIdentity.Options()
            // Flows of before the table was made are the same pods'.
            options.believesStarts = false
            options.seed = 1
            var identity = LiveIdentity(IdentityConfiguration(), registry: line.registry, options: options)
            identity.replacePods(pods, at: BenchLine.start)
            _ = line.pipeline.shared.publish(identity.publish(at: BenchLine.start))
            published.signal()
            done.withLock { $0 = Self.change(&identity, pods, changesPerSecond, line.pipeline.shared, changing, until: isOver) }
            ended.signal()
        }
        changes.stackSize = 8 << 20
        changes.start()
        published.wait()
        var hot = HotLoop(line, cluster)
        hot.run(for: phase)
        var phases: [Bool: [Phase]] = [:]
        for number in 0..<max(2, seconds * 1_000_000_000 / Int(phase)) {
            let isChanging = number % 2 == 1
            if isChanging { changing.raise() } else { changing.lower() }
            phases[isChanging, default: []].append(hot.run(for: phase))
        }
        isOver.raise()
        ended.wait()
        let (still, moved) = (phases[false] ?? [], phases[true] ?? [])
        let rates = (median(still) { Double($0.records) / $0.seconds }, median(moved) { Double($0.records) / $0.seconds })
        let costs = (median(still) { $0.processorSeconds / Double($0.records) }, median(moved) { $0.processorSeconds / Double($0.records) })
        let changed = Double(done.withLock { $0 }) / moved.reduce(0) { $0 + $1.seconds }
        StandardOutput.write(
            Array(
                """
                {"endpoints":\(endpoints),"changesPerSecond":\(changed.rounded()),"recordsPerSecond":\(rates.0.rounded()),\
                "recordsPerSecondWithChanges":\(rates.1.rounded()),"rateLost":\(thousandths(1 - rates.1 / rates.0)),\
                "processorTimeAdded":\(thousandths(costs.1 / costs.0 - 1))}

                """.utf8))
    }

    /// What a pod's life is made of, as a watch tells it.
    private enum Event: Int, CaseIterable {
        case deleted, added, addressed, ready, labelled, terminating
    }

    /// Has pods go and come again while it is asked to, so many events a second, and publishes every 20 ms; how many events that were.
    private static func change(
        _ identity: inout LiveIdentity, _ pods: [Pod], _ changesPerSecond: Int, _ shared: SharedFacts, _ changing: RaisedFlag,
        until isOver: RaisedFlag
    ) -> Int {
        var done = 0
        var now = BenchLine.start
        var due = WallClock.monotonic
        while !isOver.isRaised {
            due = max(due + 20_000_000, WallClock.monotonic - 20_000_000)
            usleep(UInt32(clamping: max(due - WallClock.monotonic, 0) / 1000))
            guard changing.isRaised else { continue }
            for _ in 0..<max(1, changesPerSecond / 50) {
                // Spread over all pods, those with traffic among them.
                var pod = pods[done / Event.allCases.count * 7919 % pods.count]
                switch Event(rawValue: done % Event.allCases.count) {
                case .deleted:
                    identity.removePod(ObjectName(namespace: pod.metadata.namespace ?? "", name: pod.metadata.name), uid: nil, at: now)
                case .added:
                    pod.status?.podIP = nil
                    identity.put(pod, at: now)
                case .addressed, .ready, .labelled, .terminating, nil: identity.put(pod, at: now)
                }
                done += 1
            }
            now = now.advanced(by: 20_000_000)
            identity.expire(at: now)
            _ = shared.publish(identity.publish(at: now))
            _ = identity.takeGone(at: now)
        }
        return done
    }

    /// The load's records through the line, as a receive thread takes them in.
    private struct HotLoop {
        private let line: BenchLine
        private var traffic: BenchTraffic
        private var next = 0
        private var now = BenchLine.start
        private var sinceTick = 0

        init(_ line: BenchLine, _ cluster: BenchCluster) {
            self.line = line
            traffic = BenchTraffic(.ipfix, cluster: cluster)
            if var templates = traffic.templates {
                unsafe templates.withUnsafeMutableBytes {
                    unsafe traffic.stamp($0, records: 0, at: now)
                    unsafe line.receive(UnsafeRawBufferPointer($0), at: now)
                }
            }
        }

        @discardableResult
        mutating func run(for nanoseconds: Int64) -> Phase {
            let begun = (WallClock.monotonic, WallClock.threadProcessor)
            var phase = Phase()
            while WallClock.monotonic - begun.0 < nanoseconds {
                line.refresh()
                for _ in 0..<ChurnRun.batch {
                    var payload = traffic.items[next].payload
                    let records = traffic.items[next].amounts.records
                    unsafe payload.withUnsafeMutableBytes {
                        unsafe traffic.stamp($0, records: records, at: now)
                        unsafe line.receive(UnsafeRawBufferPointer($0), at: now)
                    }
                    phase.records += records
                    next = (next + 1) % traffic.items.count
                }
                sinceTick += ChurnRun.batch
                // What a thread receives in a second, then the owner's second.
                guard sinceTick >= 40_000 else { continue }
                sinceTick = 0
                now = now.advanced(by: 1_000_000_000)
                line.tick(at: now)
            }
            phase.seconds = Double(WallClock.monotonic - begun.0) / 1e9
            phase.processorSeconds = Double(WallClock.threadProcessor - begun.1) / 1e9
            return phase
        }
    }

    private static func median(_ phases: [Phase], _ value: (Phase) -> Double) -> Double {
        let sorted = phases.map(value).sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    private static func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
