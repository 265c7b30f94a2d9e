import Exporters
import FlowModel
import Foundation
import Identity
import KubernetesObjects

/// `weir bench count`: the load's records through the line, from datagram to totals, in one thread and without sockets, clocks or chance: the same
/// instructions each time, for a profiler to count.
package enum CountRun {
    /// Decodes, attributes and counts at least so many records, and prints how long a record took.
    package static func run(_ exportProtocol: BenchProtocol, records: Int) throws {
        let cluster = BenchCluster()
        var traffic = BenchTraffic(exportProtocol, cluster: cluster)
        let registry = EndpointRegistry()
        let file = TemporaryText(cluster.identityFile())
        var identity = IdentityConfiguration()
        identity.file = file.path
        let (snapshot, _) = try IdentityLoader.load(identity, registry: registry)
        var now = Timestamp(seconds: 1_800_000_000)
        let pipeline = Pipeline(
            configuration: WeirConfiguration(), identity: snapshot, registry: registry, threads: 1, saved: [],
            start: now.advanced(by: -3_600_000_000_000),
            seed: 1)
        let key = SessionKey(address: IPAddress(v4: 0x7F00_0001), sourcePort: 40_000, localPort: 4739)
        let start = WallClock.processor
        var done = 0
        var next = 0
        if let templates = traffic.templates { receive(templates, records: 0) }
        func receive(_ payload: [UInt8], records: Int) {
            var payload = payload
            unsafe payload.withUnsafeMutableBytes { unsafe traffic.stamp($0, records: records, at: now) }
            pipeline.totals.shards[0].state.withLock { state in
                unsafe payload.withUnsafeBytes { unsafe state.receive($0, from: key, at: now) }
            }
        }
        while done < records {
            // What a thread receives in a second, then the owner's second.
            let second = min(done + 1_000_000, records)
            while done < second {
                let item = traffic.items[next]
                receive(item.payload, records: item.amounts.records)
                done += item.amounts.records
                next = (next + 1) % traffic.items.count
            }
            now = now.advanced(by: 1_000_000_000)
            pipeline.tick(now: now, monotonic: now.nanoseconds)
        }
        let nanoseconds = Double(WallClock.processor - start) / Double(done)
        StandardOutput.write(
            Array(
                "{\"protocol\":\"\(exportProtocol.rawValue)\",\"records\":\(done),\"nanosecondsPerRecord\":\((nanoseconds * 10).rounded() / 10)}\n"
                    .utf8))
    }
}

/// A file with a text, gone with its last reference.
private final class TemporaryText {
    let path: String

    init(_ text: String) {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-bench-\(getpid()).json").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
