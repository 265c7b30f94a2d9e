import FlowModel
import HTTPServer
import Metrics

/// `weir bench exposition`: how fast `/metrics` is written for a number of pairs, and how much memory that takes.
package enum ExpositionRun {
    /// Writes the exposition of `pairs` pairs three times, compressed or not, and prints what the fastest one took.
    package static func run(pairs: Int, gzip: Bool) throws {
        var configuration = WeirConfiguration()
        configuration.ledger.maxPairs = pairs * 2
        configuration.ledger.namespaceShare = 1
        configuration.ledger.birthDelay = 0
        configuration.ledger.families = [.bytes, .packets, .records]
        var traffic = BenchPairs(count: pairs)
        let line = try BenchLine(traffic.cluster, configuration: configuration)
        var first = 0
        var now = BenchLine.start
        while first < pairs {
            _ = traffic.sendNext(from: &first, to: line, at: now)
            guard line.pipeline.totals.shards[0].state.withLock({ $0.deltas.hasPlenty }) || first >= pairs else { continue }
            now = now.advanced(by: 1_000_000_000)
            line.tick(at: now)
        }
        let before = PairsRun.residentBytes
        var grown = 0
        var best = Int64.max
        var octets = (text: 0, sent: 0)
        for _ in 0..<3 {
            let start = WallClock.processor
            octets = write(line.metricsSource, gzip: gzip) { grown = max(grown, PairsRun.residentBytes - before) }
            best = min(best, WallClock.processor - start)
        }
        let seconds = Double(best) / 1e9
        StandardOutput.write(
            Array(
                """
                {"pairs":\(line.pipeline.totals.withLedger { $0.pairs }),"gzip":\(gzip),"bytes":\(octets.text),"bytesSent":\(octets.sent),"seconds":\(seconds),\
                "megabytesPerSecond":\(PairsRun.tenths(Double(octets.text) / 1e6 / seconds)),"growthBytes":\(grown)}

                """.utf8))
    }

    /// Reads a scrape's body in the pieces that libmicrohttpd asks for; calls `look` now and then.
    private static func write(_ source: MetricsSource, gzip: Bool, look: () -> Void) -> (text: Int, sent: Int) {
        var stream = MetricsStream(source, format: .text004, parts: [.flows])
        var text = 0
        let body = BodyReader(
            .stream { buffer in
                let goesOn = stream.next(into: &buffer)
                text += buffer.count
                return goesOn
            }, gzip: gzip ? GzipStream() : nil)
        let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 32 << 10)
        defer { unsafe output.deallocate() }
        var sent = 0
        var pieces = 0
        while case let count = unsafe body.read(into: output), count > 0 {
            sent += count
            pieces += 1
            if pieces & 255 == 0 { look() }
        }
        look()
        return (text, sent)
    }
}
