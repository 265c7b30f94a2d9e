import FlowModel
import FlowProtocols

/// Datagrams of one exporter, made beforehand and sent over and over: only their sequence numbers and times change.
package struct BenchTraffic: Sendable {
    /// What a number of records add up to, as the exporter sends them.
    package struct Amounts: Sendable, Equatable {
        package var datagrams = 0
        package var records = 0
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0

        package static func += (left: inout Amounts, right: Amounts) {
            left.datagrams += right.datagrams
            left.records += right.records
            left.packets &+= right.packets
            left.bytes &+= right.bytes
        }
    }

    /// A datagram with what is in it.
    struct Item: Sendable {
        var payload: [UInt8]
        var amounts: Amounts
    }

    let exportProtocol: BenchProtocol
    private(set) var items: [Item]
    private(set) var templates: [UInt8]?
    private var sequence: UInt32 = 0

    /// How many of a packet's kind a sample of the load stands for.
    private static let samplingRate: UInt32 = 100

    /// Makes the traffic: as many full datagrams as hold at least `records` records.
    package init(_ exportProtocol: BenchProtocol, cluster: BenchCluster, records: Int = 240_000, seed: UInt64 = 1) {
        self.exportProtocol = exportProtocol
        var generator = SplitMix64(seed: seed)
        let count = exportProtocol.recordsPerDatagram
        // The system has been up for an hour; records of v5 and v9 are told by its uptime, which stays.
        let now = Timestamp(seconds: 1_800_000_000)
        let start = now.advanced(by: -3_600_000_000_000)
        var encoder = FlowEncoder(exportProtocol.exportProtocol, systemStart: start)
        var sampler = SFlowEncoder(agent: IPAddress(v4: 0x7F00_0001))
        templates = exportProtocol == .sflow ? nil : encoder.templates(at: now)
        items = (0..<max(1, (records + count - 1) / count)).map { _ in
            let flows = (0..<count).map { _ in
                var flow = cluster.flow(using: &generator)
                if exportProtocol == .sflow {
                    flow.packets = 1
                    flow.bytes = UInt64.random(in: 64...1500, using: &generator)
                    flow.samplingRate = Self.samplingRate
                } else {
                    flow.packets = UInt64.random(in: 1...200, using: &generator)
                    flow.bytes = flow.packets * UInt64.random(in: 64...1500, using: &generator)
                    flow.end = now.advanced(by: -Int64.random(in: 1_000...5_000, using: &generator) * 1_000_000)
                    flow.start = flow.end.advanced(by: -Int64.random(in: 0...55_000, using: &generator) * 1_000_000)
                }
                return flow
            }
            let payload =
                exportProtocol == .sflow ? sampler.datagram(flows, uptime: 3_600_000) : encoder.datagrams(flows, at: now, octets: 60_000).first ?? []
            let scale = exportProtocol == .sflow ? UInt64(Self.samplingRate) : 1
            let amounts = Amounts(
                datagrams: 1, records: count, packets: flows.reduce(0) { $0 + $1.packets } * scale, bytes: flows.reduce(0) { $0 + $1.bytes } * scale)
            return Item(payload: payload, amounts: amounts)
        }
    }

    /// Writes the next sequence number and the time into a datagram, as it goes out.
    mutating func stamp(_ payload: UnsafeMutableRawBufferPointer, records: Int, at now: Timestamp) {
        func put(_ value: UInt32, at offset: Int) { unsafe payload.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self) }
        let seconds = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000_000)
        switch exportProtocol {
        case .v5:
            put(seconds, at: 8)
            put(UInt32(truncatingIfNeeded: now.nanoseconds % 1_000_000_000), at: 12)
            put(sequence, at: 16)
            sequence &+= UInt32(records)
        case .v9:
            put(seconds, at: 8)
            put(sequence, at: 12)
            sequence &+= 1
        case .ipfix:
            put(seconds, at: 4)
            put(sequence, at: 8)
            sequence &+= UInt32(records)
        case .sflow:
            put(sequence, at: 16)
            sequence &+= 1
        }
    }
}
