import Collector
import FlowModel
import Foundation
import HTTPClient
import Identity
import KubernetesClient
import Logging
import Synchronization

/// `weir bench list`: what it takes to list a cluster and to keep it, and how long a change takes until the shards have it.
package enum ListRun {
    /// The cluster could not be listed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The address of the change with this number. Such a pod is named `change-T`, with the monotonic clock's nanoseconds at which it was made known.
    private static func address(ofChange number: Int) -> IPAddress { IPAddress(v4: 0xAC10_0001 + UInt32(truncatingIfNeeded: number)) }

    /// How long changes took, each once it is in a snapshot.
    private struct Changes {
        var milliseconds: [Double] = []

        mutating func look(in snapshot: IdentitySnapshot, _ registry: EndpointRegistry) {
            while case let entry = snapshot.lookup(ListRun.address(ofChange: milliseconds.count)), entry.kind == .pod {
                let time = Int64(registry.labels(of: entry.number).pod.dropFirst("change-".count)) ?? 0
                milliseconds.append(Double(WallClock.monotonic - time) / 1e6)
            }
        }
    }

    /// Lists the cluster of an API server, watches it for so many seconds, and prints what that took.
    package static func run(server: String, seconds: Int) throws {
        ProcessMemory.giveBack()
        let registry = EndpointRegistry()
        let changes = Mutex(Changes())
        let last = Mutex<IdentitySnapshot?>(nil)
        let begun = (WallClock.monotonic, WallClock.processor)
        let handler = LineLogHandler(LogLevel(.warning), format: .text)
        let credentials = ClusterCredentials(server: server, tls: TLSOptions(), authentication: .none, source: "a benchmark", warnings: [])
        let logger = Logger(label: "weir") { _ in handler }
        let cluster = ClusterIdentity(
            LiveIdentity(IdentityConfiguration(), registry: registry), withOwners: false, credentials: credentials,
            configuration: KubernetesConfiguration(),
            logger: logger
        ) { snapshot in
            changes.withLock { $0.look(in: snapshot, registry) }
            last.withLock { $0 = snapshot }
        } known: { _ in
        } retire: { _ in
        }
        defer { cluster.stop() }
        while !cluster.status.isSynced {
            guard WallClock.monotonic - begun.0 < 300_000_000_000 else { throw Failure(description: "\(server) could not be listed within 300 s") }
            usleep(10_000)
        }
        let listed = (WallClock.monotonic, WallClock.processor)
        let objects = cluster.status.objects(of: .pods)
        for _ in 0..<seconds {
            sleep(1)
            cluster.review()
        }
        let watching = WallClock.processor - listed.1
        let times = changes.withLock { $0.milliseconds.sorted() }
        let memory = memory
        StandardOutput.write(
            Array(
                """
                {"pods":\(objects),"endpoints":\(last.withLock { $0?.endpointCount ?? 0 }),"secondsToList":\(thousandths(Double(listed.0 - begun.0) / 1e9)),\
                "processorSecondsToList":\(thousandths(Double(listed.1 - begun.1) / 1e9)),"residentBytes":\(memory.now),"residentBytesMost":\(memory.most),\
                "changes":\(times.count),"milliseconds":\(times.isEmpty ? "null" : "\(thousandths(times[times.count / 2]))"),\
                "millisecondsMost":\(times.last.map { "\(thousandths($0))" } ?? "null"),"processorSecondsWatching":\(thousandths(Double(watching) / 1e9))}

                """.utf8))
    }

    /// Resident memory now and at most, in octets.
    private static var memory: (now: Int, most: Int) {
        let status = ((try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? "").split(separator: "\n")
        func octets(_ name: String) -> Int {
            let line = status.first { $0.hasPrefix(name) }
            return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return (octets("VmRSS:"), octets("VmHWM:"))
    }

    private static func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
