import FlowModel

/// `weir bench count`: the load's records through the line, from datagram to totals, in one thread and without sockets, clocks or chance: the same
/// instructions each time, for a profiler to count.
package enum CountRun {
    /// Decodes, attributes and counts at least so many records, and prints how long a record took; with `isWatched` also books them for rules.
    package static func run(_ exportProtocol: BenchProtocol, records: Int, isWatched: Bool = false) throws {
        let cluster = BenchCluster()
        var traffic = BenchTraffic(exportProtocol, cluster: cluster)
        let line = try BenchLine(cluster, isWatched: isWatched)
        var now = BenchLine.start
        let start = WallClock.processor
        var done = 0
        var next = 0
        if let templates = traffic.templates { receive(templates, records: 0) }
        func receive(_ payload: [UInt8], records: Int) {
            var payload = payload
            unsafe payload.withUnsafeMutableBytes {
                unsafe traffic.stamp($0, records: records, at: now)
                unsafe line.receive(UnsafeRawBufferPointer($0), at: now)
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
            line.tick(at: now)
        }
        let nanoseconds = Double(WallClock.processor - start) / Double(done)
        StandardOutput.write(
            Array(
                "{\"protocol\":\"\(exportProtocol.rawValue)\",\"records\":\(done),\"nanosecondsPerRecord\":\((nanoseconds * 10).rounded() / 10)}\n"
                    .utf8))
    }
}
