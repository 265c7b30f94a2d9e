import Collector
import FlowModel

/// `weir bench load`: sends records at a rate, and knows exactly what it has sent.
package enum LoadRun {
    /// What is to be sent.
    package struct Options: Sendable {
        package var exportProtocol = BenchProtocol.ipfix
        /// `HOST:PORT`.
        package var destination = ""
        /// Records, rounded up to full datagrams.
        package var records = 1_000_000
        /// Records a second; 0: as fast as it can be done.
        package var rate = 0.0
        package var pairs = 20_000
        package var addresses = 1000
        /// Exporters, each with a port of its own.
        package var exporters = 1
        package var seed: UInt64 = 1

        package init() {}
    }

    /// Sends, and prints what was sent as one line of JSON.
    package static func run(_ options: Options) throws {
        let destination = try UDPDestination(options.destination)
        let cluster = BenchCluster(addresses: options.addresses, pairs: options.pairs, seed: options.seed)
        let traffic = BenchTraffic(options.exportProtocol, cluster: cluster, seed: options.seed)
        var load = Load(traffic, try (0..<max(1, options.exporters)).map { _ in try UDPSender(to: destination) }, rate: options.rate)
        let sent = try load.send(records: options.records)
        let rate = Double(sent.amounts.records) / max(sent.seconds, 1e-9)
        let line =
            "{\"protocol\":\"\(options.exportProtocol.rawValue)\",\"datagrams\":\(sent.amounts.datagrams),\"records\":\(sent.amounts.records),"
            + "\"packets\":\(sent.amounts.packets),\"bytes\":\(sent.amounts.bytes),\"seconds\":\(sent.seconds),\"rate\":\(rate.rounded())}\n"
        StandardOutput.write(Array(line.utf8))
    }
}

/// Sends one traffic from several exporters in turn, a call of the kernel for each batch.
struct Load: ~Copyable {
    /// What was sent, and in how many seconds.
    struct Sent {
        var amounts = BenchTraffic.Amounts()
        var seconds = 0.0
    }

    private var exporters: [(traffic: BenchTraffic, sender: UDPSender, next: Int, templatesDue: Int64)]
    private let rate: Double
    private let clock = ReplayClock.system
    private var batch = SendBatch()

    /// Nanoseconds between two sendings of the templates.
    private static let templateInterval: Int64 = 1_000_000_000
    /// Datagrams of a call: small, so that a paced load comes evenly.
    private static let burst = 32

    init(_ traffic: BenchTraffic, _ senders: [UDPSender], rate: Double) {
        // Each begins elsewhere in the traffic.
        exporters = senders.enumerated().map { (traffic, $1, $0 * traffic.items.count / senders.count, 0) }
        self.rate = rate
    }

    /// Sends at least so many records, and their templates before them.
    mutating func send(records: Int) throws -> Sent {
        var sent = Sent()
        let start = clock.now()
        var index = 0
        while sent.amounts.records < records {
            if rate > 0 {
                clock.wait(start + Int64(Double(sent.amounts.records) / rate * 1e9))
            }
            sent.amounts += try sendBatch(exporter: index, atMost: records - sent.amounts.records)
            index = (index + 1) % exporters.count
        }
        sent.seconds = Double(clock.now() - start) / 1e9
        return sent
    }

    private mutating func sendBatch(exporter index: Int, atMost records: Int) throws -> BenchTraffic.Amounts {
        let now = WallClock.now
        var sent = BenchTraffic.Amounts()
        let monotonic = clock.now()
        batch.removeAll()
        if monotonic >= exporters[index].templatesDue, let templates = exporters[index].traffic.templates {
            exporters[index].templatesDue = monotonic + Self.templateInterval
            append(templates, records: 0, of: index, at: now)
            sent.datagrams += 1
        }
        while batch.count < Self.burst, sent.records < records {
            let item = exporters[index].traffic.items[exporters[index].next]
            append(item.payload, records: item.amounts.records, of: index, at: now)
            exporters[index].next = (exporters[index].next + 1) % exporters[index].traffic.items.count
            sent += item.amounts
        }
        try exporters[index].sender.send(batch)
        return sent
    }

    private mutating func append(_ payload: [UInt8], records: Int, of index: Int, at now: Timestamp) {
        var place: UnsafeMutableRawBufferPointer?
        let fits = unsafe payload.withUnsafeBytes { unsafe batch.append($0, place: &place) }
        if let place = unsafe place { unsafe exporters[index].traffic.stamp(place, records: records, at: now) }
        precondition(fits, "32 datagrams of less than 2 KiB fit into a batch")
    }
}
