import FlowModel
import FlowProtocols

import Exporters

/// 2026-11-21T04:00:00Z.
let noon = Timestamp(seconds: 1_795_233_600)

func seconds(_ seconds: Double) -> Timestamp {
    noon.advanced(by: Int64(seconds * 1e9))
}

func session(_ configure: (inout ExportersConfiguration.Exporter) -> Void = { _ in }, defaultRate: UInt32 = 1) -> ExporterSession {
    let address = IPAddress(v4: 0xC0A8_320B)
    var configuration = ExportersConfiguration.Exporter(address: address)
    configure(&configuration)
    return ExporterSession(address: address, sourcePort: 40_000, localPort: 4739, configuration: configuration, defaultSamplingRate: defaultRate)
}

func flow(_ exportProtocol: ExportProtocol = .ipfix, bytes: UInt64 = 1000, packets: UInt64 = 10, _ change: (inout Flow) -> Void = { _ in }) -> Flow {
    var flow = Flow()
    flow.exportProtocol = exportProtocol
    flow.source = IPAddress(v4: 0x0A80_0205)
    flow.destination = IPAddress(v4: 0x0A81_0206)
    flow.protocolNumber = 6
    flow.bytes = bytes
    flow.packets = packets
    change(&flow)
    return flow
}

func summary(
    _ exportProtocol: ExportProtocol, sequence: UInt32 = 0, units: UInt32 = 1, domain: UInt32 = 0,
    _ change: (inout DatagramSummary) -> Void = { _ in }
) -> DatagramSummary {
    var summary = DatagramSummary()
    summary.exportProtocol = exportProtocol
    summary.sequenceNumber = sequence
    summary.sequenceUnits = units
    summary.observationDomain = domain
    change(&summary)
    return summary
}

extension ExporterSession {
    /// Normalises one datagram of these flows and facts, and returns the flows that come out.
    mutating func count(
        _ flows: [Flow], facts: [ExporterFact] = [], _ exportProtocol: ExportProtocol = .ipfix, at now: Timestamp = noon,
        _ change: (inout DatagramSummary) -> Void = { _ in }
    ) -> [Flow] {
        var batch = FlowBatch()
        batch.flows = flows
        batch.facts = facts
        normalise(&batch, summary: summary(exportProtocol, units: UInt32(flows.count), change), receivedAt: now)
        return batch.flows
    }

    /// Units reported as lost by a protocol after datagrams with these (sequence number, units), one a second.
    mutating func lost(_ exportProtocol: ExportProtocol, _ datagrams: [(UInt32, UInt32)], from start: Timestamp = noon) -> UInt64 {
        for (index, (sequence, units)) in datagrams.enumerated() {
            var batch = FlowBatch()
            let now = start.advanced(by: Int64(index) * 1_000_000)
            normalise(&batch, summary: summary(exportProtocol, sequence: sequence, units: units), receivedAt: now)
        }
        var batch = FlowBatch()
        release(now: start.advanced(by: 3_600_000_000_000), into: &batch)
        return status().streams.reduce(0) { $0 + $1.lost }
    }
}
