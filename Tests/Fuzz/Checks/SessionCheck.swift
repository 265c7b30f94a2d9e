import Exporters
import FlowModel
import FlowProtocols

/// One exporter's session, as a collector would keep it, and beside it others that must come to the same.
///
/// Its bounds are far below the defaults, so that inputs of a few hundred octets reach them.
struct SessionCheck {
    /// What the session's decoder may hold.
    static let limits = {
        var limits = SessionDecoder.Limits()
        limits.templates = 16
        limits.fieldsPerTemplate = 64
        limits.fields = 256
        limits.keptBytes = 4096
        limits.systemStarts = 4
        return limits
    }()

    private let mode: UInt8
    private var counting = SessionDecoder(limits: limits)
    private var detailing = SessionDecoder(limits: limits)
    private var exporter: ExporterSession
    private var interfaces = InterfaceTotals(limit: 16, limitOfExporter: 12)
    private var batch = FlowBatch()
    private var detailed = FlowBatch(wantsDetail: true)
    private var now = Timestamp(seconds: 1_800_000_000)
    private var decodedFlows = 0
    private var countedFlows = 0
    private var openVSwitchDomains: [UInt16: Set<UInt32>] = [:]

    private init(mode: UInt8) {
        self.mode = mode
        var configuration = ExportersConfiguration.Exporter(address: IPAddress(v4: 0x7F00_0001))
        if mode & 1 != 0 { configuration.profile = .openvswitch }
        if mode & 2 != 0 { configuration.samplingRate = 10 }
        configuration.trustDropMarks = mode & 4 != 0
        exporter = ExporterSession(
            address: configuration.address, sourcePort: 40000, localPort: 2055, configuration: configuration, defaultSamplingRate: 1)
    }

    /// Runs an input: datagrams behind a mode, each of which is made to begin with `version`.
    static func run(_ input: Input, version: [UInt8]) {
        var check = SessionCheck(mode: input.mode)
        let datagrams = input.parts.map { version + $0.dropFirst(version.count) }
        for datagram in datagrams { check.take(datagram) }
        if let last = datagrams.last { check.restart(last) }
        check.end()
    }

    private mutating func take(_ datagram: [UInt8]) {
        let octets = datagram.count + counting.keptBytes
        batch.removeAll()
        detailed.removeAll()
        let summary = decode(datagram, by: &counting, into: &batch)
        let again = decode(datagram, by: &detailing, into: &detailed)
        hold(summary.saysTheSame(as: again), "with details a datagram comes to \(again), without to \(summary)")
        hold(batch.holdsTheSame(as: detailed), "with details a datagram holds other flows than without")
        hold(summary.errors.count <= 16, "\(summary.errors.count) errors of one datagram")
        batch.holdsTogether(decodedFrom: octets, records: summary.records)
        detailed.holdsTogether(decodedFrom: octets, records: summary.records)
        hold(counting.templateCount <= Self.limits.templates, "\(counting.templateCount) templates")
        hold(counting.keptBytes <= Self.limits.keptBytes, "\(counting.keptBytes) octets are kept")

        for case .template(let domain, let id, let traits) in batch.facts where traits.contains(.openVSwitch) {
            openVSwitchDomains[id, default: []].insert(domain)
        }
        for counters in batch.interfaceCounters { interfaces.take(counters, from: exporter.address, at: now) }
        decodedFlows += batch.flows.count
        exporter.normalise(&batch, summary: summary, receivedAt: now)
        batch.isCounted(at: now)
        countedFlows += batch.flows.count
        pass()
    }

    /// Lets 0, 7, 30 or 90 seconds go by.
    private mutating func pass() {
        now = now.advanced(by: [0, 7, 30, 90][Int(mode >> 3 & 3)] * 1_000_000_000)
        let missing = counting.expire(at: now)
        hold(missing == detailing.expire(at: now), "with details other data sets are kept than without")
        exporter.noteMissingTemplates(missing)
        batch.removeAll()
        exporter.release(now: now, into: &batch)
        batch.isCounted(at: now)
        countedFlows += batch.flows.count
    }

    /// A session that begins with the templates another one has saved decodes as that one goes on to, but for what is not saved: data that waits, and
    /// systems' starts. Templates that several domains of an Open vSwitch share by their id are saved by domain.
    private mutating func restart(_ datagram: [UInt8]) {
        Self.isWithinLimits(counting)
        let saved = counting.savedTemplates()
        var restarted = SessionDecoder(limits: Self.limits)
        restarted.load(saved)
        hold(restarted.savedTemplates() == saved, "saved templates are not loaded as they were")
        hold(restarted.templateCount == counting.templateCount, "\(restarted.templateCount) of \(counting.templateCount) templates were loaded")
        guard counting.keptBytes == 0, counting.systemStartCount == 0, openVSwitchDomains.allSatisfy({ $0.value.count < 2 }) else { return }
        batch.removeAll()
        detailed.removeAll()
        let summary = decode(datagram, by: &counting, into: &batch)
        let again = decode(datagram, by: &restarted, into: &detailed)
        hold(
            summary.saysTheSame(as: again) && batch.holdsTheSame(as: detailed), "with its saved templates a session decodes a datagram in another way"
        )
    }

    private mutating func end() {
        now = now.advanced(by: 86_400_000_000_000)
        _ = counting.expire(at: now)
        hold(counting.keptBytes == 0, "\(counting.keptBytes) octets are kept for ever")
        batch.removeAll()
        exporter.release(now: now, into: &batch)
        batch.isCounted(at: now)
        countedFlows += batch.flows.count
        hold(countedFlows == decodedFlows, "\(countedFlows) of \(decodedFlows) flows were counted")
        Self.isWithinLimits(exporter)
        hold(exporter.status().pending == 0, "flows wait for ever")
        Self.labelsDiffer(interfaces, exporter)
    }

    private func decode(_ datagram: [UInt8], by decoder: inout SessionDecoder, into batch: inout FlowBatch) -> DatagramSummary {
        unsafe withExactOctets(datagram) { octets in unsafe decoder.decode(octets, receivedAt: now, into: &batch) }
    }

    // MARK: Bounds

    /// Whether a decoder holds no more than `limits`, as it says itself.
    static func holdsLittle(_ decoder: SessionDecoder) {
        hold(decoder.templateCount <= limits.templates, "\(decoder.templateCount) templates")
        hold(decoder.keptBytes <= limits.keptBytes, "\(decoder.keptBytes) octets are kept")
        hold(decoder.systemStartCount <= limits.systemStarts, "\(decoder.systemStartCount) systems' starts")
    }

    /// Whether a decoder holds no more than `limits`.
    static func isWithinLimits(_ decoder: SessionDecoder) {
        holdsLittle(decoder)
        let templates = decoder.savedTemplates().templates
        hold(templates.count == decoder.templateCount, "\(templates.count) templates are saved of \(decoder.templateCount)")
        hold(templates.allSatisfy { (1...limits.fieldsPerTemplate).contains($0.fields.count) }, "a template has too many fields, or none")
        let fields = templates.reduce(0) { $0 + $1.fields.count }
        hold(fields == decoder.fieldCount && fields <= limits.fields, "\(fields) fields, counted as \(decoder.fieldCount)")
    }

    /// Whether a session holds no more than its room says, and goes on as it was when it is saved and loaded.
    static func isWithinLimits(_ exporter: ExporterSession) {
        let status = exporter.status()
        hold(status.domains.count <= 64 && status.agents.count <= 16 && status.streams.count <= 64, "too many domains, agents or streams")
        hold(status.templates <= 4096 && status.pending <= 4096, "\(status.templates) templates, \(status.pending) waiting flows")
        hold(status.samplingRate >= 1, "a rate of 0 was applied")
        let saved = exporter.saved()
        hold(saved.rates.count <= 256 + 1024 && saved.rates.allSatisfy { $0.rate >= 1 }, "\(saved.rates.count) rates, or one of 0")
        hold(saved.expectedDomains.count <= 256, "\(saved.expectedDomains.count) domains expect a rate")
        hold(saved.interfaces.count <= 4096, "\(saved.interfaces.count) interface names")
        hold(saved.interfaces.allSatisfy { $0.name.utf8.count <= 255 }, "a name of more than 255 octets")
        var restarted = ExporterSession(address: exporter.address, sourcePort: 40000, localPort: 2055, configuration: nil, defaultSamplingRate: 1)
        restarted.load(saved)
        var again = restarted.saved()
        (again.address, again.sourcePort, again.localPort) = (saved.address, saved.sourcePort, saved.localPort)
        hold(again == saved, "a saved session is loaded as \(again), not as \(saved)")
    }

    private static func labelsDiffer(_ interfaces: InterfaceTotals, _ exporter: ExporterSession) {
        let rows = interfaces.labelledRows { _, domain, index in exporter.interfaceName(domain: domain, index: index) }
        hold(rows.count <= 12, "\(rows.count) interfaces of one exporter")
        hold(Set(rows.map(\.label)).count == rows.count, "two interfaces have one label")
    }
}
