import Exporters
import FlowModel
import FlowProtocols
import Foundation
import PacketCapture

/// A session of a capture: the templates that its later datagrams refer to are put before them.
struct SeedSession {
    private var decoder = SessionDecoder()
    private var exporter: ExporterSession
    private let key: SessionKey
    private var batch = FlowBatch()
    private var revision: UInt64 = 0
    private var templates: [UInt64: SavedTemplates.Template] = [:]

    init(_ datagram: ExportDatagram) {
        key = SessionKey(address: datagram.source, sourcePort: datagram.sourcePort, localPort: datagram.destinationPort)
        exporter = ExporterSession(
            address: key.address, sourcePort: key.sourcePort, localPort: key.localPort, configuration: nil, defaultSamplingRate: 1)
    }

    /// An input of this datagram, behind one with the templates that it needs and does not bring along.
    mutating func input(of datagram: ExportDatagram) -> [UInt8] {
        var parts = [datagram.payload]
        if let message = SeedMessage(datagram.payload) {
            let needed = Set(message.dataSets).subtracting(message.isTeaching ? message.dataSets : []).sorted()
            let known = needed.compactMap { templates[UInt64(message.version) << 48 | UInt64(message.domain) << 16 | UInt64($0)] }
            parts = (known.isEmpty ? [] : [message.lesson(known)]) + [message.shortened(by: known)]
        }
        learn(datagram)
        return [0] + Array(parts.joined(separator: Input.separator))
    }

    private mutating func learn(_ datagram: ExportDatagram) {
        batch.removeAll()
        let summary = unsafe datagram.payload.withUnsafeBytes { unsafe decoder.decode($0, receivedAt: datagram.timestamp, into: &batch) }
        exporter.normalise(&batch, summary: summary, receivedAt: datagram.timestamp)
        guard decoder.templateRevision != revision else { return }
        revision = decoder.templateRevision
        for template in decoder.savedTemplates().templates {
            templates[UInt64(template.version) << 48 | UInt64(template.domain) << 16 | UInt64(template.id)] = template
        }
    }

    /// The session as `state.directory` keeps it; nil where there is nothing to keep.
    func state() throws -> [UInt8]? {
        let templates = SavedTemplates(templates: Array(decoder.savedTemplates().templates.prefix(4)))
        let exporter = exporter.saved()
        guard !templates.templates.isEmpty || !exporter.interfaces.isEmpty else { return nil }
        let session = SavedSessionState(key: key, lastHeard: 1_800_000_000, templates: templates, exporter: exporter)
        return [UInt8](try JSONEncoder().encode([session]))
    }
}
