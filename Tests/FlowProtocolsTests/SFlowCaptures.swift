import FlowModel
import FlowProtocols
import Foundation
import PacketCapture
import Testing

/// The captures of real exporters that stand beside the repository, in `shared/captures`.
enum SFlowCaptures {
    struct Decoded {
        var flows: [Flow] = []
        var details: [FlowDetail] = []
        /// The UDP source of each flow.
        var exporters: [IPAddress] = []
        var counters: [InterfaceCounters] = []
        var facts: [ExporterFact] = []
        var datagrams = 0
        var errors: [DecodeError] = []
        var agents: Set<IPAddress> = []
        var sequence: [UInt32] = []
        var records = 0
    }

    static func url(_ name: String) throws -> URL {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let captures = folder.appendingPathComponent("shared/captures")
            if FileManager.default.fileExists(atPath: captures.path) { return captures.appendingPathComponent(name) }
            folder.deleteLastPathComponent()
        }
        throw CaptureError(file: name, problem: "no folder above the tests has shared/captures")
    }

    static func json<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(contentsOf: url(name)))
    }

    static func decode(_ name: String) throws -> Decoded {
        var reader = try ExportDatagramReader(path: url(name).path)
        var decoded = Decoded()
        var batch = FlowBatch(wantsDetail: true)
        while let datagram = try reader.next() {
            let summary = SFlow.decode(datagram.payload, receivedAt: datagram.timestamp, into: &batch)
            decoded.datagrams += 1
            decoded.flows += batch.flows
            decoded.details += batch.details
            decoded.exporters += batch.flows.map { _ in datagram.source }
            decoded.counters += batch.interfaceCounters
            decoded.facts += batch.facts
            decoded.errors += summary.errors
            decoded.records += summary.records
            decoded.sequence.append(summary.sequenceNumber)
            if let agent = summary.agentAddress { decoded.agents.insert(agent) }
        }
        return decoded
    }
}

/// Calls the decoder on octets in an array.
enum SFlow {
    static func decode(_ bytes: [UInt8], receivedAt: Timestamp = Timestamp(seconds: 1), into batch: inout FlowBatch) -> DatagramSummary {
        batch.removeAll()
        var summary = DatagramSummary()
        unsafe bytes.withUnsafeBytes { buffer in
            SFlowDecoder.decode(unsafe ByteReader(buffer), receivedAt: receivedAt, into: &batch, summary: &summary)
        }
        return summary
    }

    static func decode(_ bytes: [UInt8], wantsDetail: Bool = true) -> (batch: FlowBatch, summary: DatagramSummary) {
        var batch = FlowBatch(wantsDetail: wantsDetail)
        let summary = decode(bytes, into: &batch)
        return (batch, summary)
    }
}

extension Flow {
    /// IP octets: what the exporter sent less what is not IP.
    var ipBytes: UInt64 { bytes - min(bytes, UInt64(overhead)) }
}

/// Source, destination and protocol.
struct PairKey: Hashable, CustomStringConvertible {
    var source: String
    var destination: String
    var protocolNumber: Int

    var description: String { "\(source) > \(destination) (\(protocolNumber))" }
}

struct PairTotal: Equatable {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
}

extension Sequence<Flow> {
    /// Packets and IP octets by pair, times the sampling rate, of those that are IP.
    var byPair: [PairKey: PairTotal] {
        reduce(into: [:]) { pairs, flow in
            guard !flow.source.isUnspecified || !flow.destination.isUnspecified else { return }
            let key = PairKey(source: flow.source.description, destination: flow.destination.description, protocolNumber: Int(flow.protocolNumber))
            pairs[key, default: PairTotal()].packets += UInt64(flow.samplingRate)
            pairs[key, default: PairTotal()].bytes += UInt64(flow.samplingRate) * flow.ipBytes
        }
    }
}
