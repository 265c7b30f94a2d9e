import FlowModel
import FlowProtocols

/// NetFlow v5 datagrams whose records are of chosen pairs: addresses are written into one datagram, over and over, which costs next to nothing.
struct BenchPairs {
    /// Different pairs.
    let count: Int
    let cluster: BenchCluster
    private let pods: Int
    private var traffic: BenchTraffic
    private var payload: [UInt8]
    private let records: Int
    private var generator = SplitMix64(seed: 7)

    private static let headerSize = 24
    private static let recordSize = 48

    /// `count` pairs of as many pods as that takes, a thousand at least.
    init(count: Int) {
        self.count = count
        var pods = 1000
        while pods * (pods - 1) < count { pods += 100 }
        self.pods = pods
        cluster = BenchCluster(addresses: pods, pairs: 1)
        traffic = BenchTraffic(.v5, cluster: cluster, records: 30)
        payload = traffic.items[0].payload
        records = traffic.items[0].amounts.records
    }

    /// Has `line` receive a datagram with the 30 pairs from `first` on, as many as there are.
    mutating func sendNext(from first: inout Int, to line: BenchLine, at now: Timestamp) -> Int {
        let start = first
        first += records
        return send(to: line, at: now) { [count] in min(start + $0, count - 1) }
    }

    /// Has `line` receive a datagram with 30 pairs chosen at random of the first `limit`, each as likely as the others.
    mutating func sendRandom(of limit: Int, to line: BenchLine, at now: Timestamp) -> Int {
        var generator = generator
        defer { self.generator = generator }
        return send(to: line, at: now) { _ in Int(truncatingIfNeeded: generator.next().multipliedFullWidth(by: UInt64(limit)).high) }
    }

    private mutating func send(to line: BenchLine, at now: Timestamp, pair: (Int) -> Int) -> Int {
        unsafe payload.withUnsafeMutableBytes { payload in
            for record in 0..<records {
                let number = pair(record)
                let (source, other) = number.quotientAndRemainder(dividingBy: pods - 1)
                let destination = other < source ? other : other + 1
                let place = Self.headerSize + record * Self.recordSize
                unsafe payload.storeBytes(of: BenchCluster.address(source).bigEndian, toByteOffset: place, as: UInt32.self)
                unsafe payload.storeBytes(of: BenchCluster.address(destination).bigEndian, toByteOffset: place + 4, as: UInt32.self)
            }
            unsafe traffic.stamp(payload, records: records, at: now)
            unsafe line.receive(UnsafeRawBufferPointer(payload), at: now)
        }
        return records
    }
}
