import Exporters
import FlowModel
import FlowProtocols
import Foundation
import StateFile

/// The file of `state.directory`: its header, and the sessions in it, which are then loaded.
func state(_ input: Input) {
    let octets = input.array
    if let content = try? StateFileFormat.decode(octets, name: "sessions", version: 1) {
        hold(content.count < octets.count, "a file holds more than it has")
    }
    let whole = StateFileFormat.encode(name: "sessions", version: 1, content: octets)
    let content = try? StateFileFormat.decode(whole, name: "sessions", version: 1)
    hold(content.map(Array.init) == octets, "a file that was written reads in another way")

    guard let sessions = try? JSONDecoder().decode([SavedSessionState].self, from: Data(octets)) else { return }
    for session in sessions.prefix(8) { load(session) }
}

private func load(_ session: SavedSessionState) {
    var exporter = ExporterSession(
        address: session.key.address, sourcePort: session.key.sourcePort, localPort: session.key.localPort, configuration: nil,
        defaultSamplingRate: 1)
    exporter.load(session.exporter)
    SessionCheck.isWithinLimits(exporter)
    var decoder = SessionDecoder(limits: SessionCheck.limits)
    decoder.load(session.templates)
    SessionCheck.isWithinLimits(decoder)
    // What was loaded decodes something.
    for template in decoder.savedTemplates().templates {
        let set = big(template.id) + big(UInt16(260)) + (0..<256).map { UInt8($0) }
        let header = big(template.version) + (template.version == 9 ? [0, 1, 0, 0, 0, 1] : big(UInt16(16 + set.count)))
        let datagram = header + [0x6B, 0x49, 0xD2, 0] + [0, 0, 0, 1] + big(template.domain) + set
        var batch = FlowBatch(wantsDetail: true)
        let summary = unsafe withExactOctets(datagram) { unsafe decoder.decode($0, receivedAt: Timestamp(seconds: 1_800_000_000), into: &batch) }
        hold(summary.keptDataSets == 0, "a template that was loaded does not decode its data")
        exporter.normalise(&batch, summary: summary, receivedAt: Timestamp(seconds: 1_800_000_000))
    }
    SessionCheck.isWithinLimits(exporter)
}

private func big(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}
