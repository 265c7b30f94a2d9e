import FlowModel

extension SessionDecoder {
    /// Decodes a data set, or keeps it where its template is not known.
    mutating func decodeDataSet(
        _ records: ByteReader, template id: UInt16, of message: Message, receivedAt: Timestamp, into batch: inout FlowBatch,
        summary: inout DatagramSummary
    ) {
        if let plan = plan(version: message.version, domain: message.domain, template: id) {
            let count = decodeRecords(records, plan: plan, of: message, into: &batch, summary: &summary)
            summary.sequenceUnits &+= UInt32(clamping: count)
        } else if records.remaining > 0 {
            if kept.keep(records, in: message, template: id, receivedAt: receivedAt, limit: min(limits.keptBytes, allowance.keptBytes)) {
                summary.keptDataSets += 1
            } else {
                summary.note(.keptDataLimit)
            }
        }
    }

    /// Decodes what waited for a template that has come now.
    mutating func decodeKept(into batch: inout FlowBatch, summary: inout DatagramSummary) {
        var waiting = KeptData()
        swap(&waiting, &kept)
        let ready = waiting.take { plan(version: $0.version, domain: $0.domain, template: $0.template) != nil }
        swap(&waiting, &kept)
        for entry in ready {
            guard let plan = plan(version: entry.version, domain: entry.domain, template: entry.template) else { continue }
            let message = Message(version: entry.version, domain: entry.domain, sequenceNumber: entry.sequenceNumber, clock: entry.clock)
            unsafe entry.octets.withUnsafeBytes { octets in
                var reader = unsafe ByteReader(octets)
                reader.skip(8)
                _ = decodeRecords(reader, plan: plan, of: message, into: &batch, summary: &summary)
            }
        }
    }

    private func plan(version: UInt16, domain: UInt32, template id: UInt16) -> TemplatePlan? {
        if let plan = templates[TemplateKey(version: version, domain: domain, id: id)] { return plan }
        guard version == 10, sharedTemplates.count > 0 else { return nil }
        return sharedTemplates[TemplateKey(sharedID: id)]
    }

    /// Decodes a data set's records, and says how many there were.
    private mutating func decodeRecords(
        _ records: ByteReader, plan: TemplatePlan, of message: Message, into batch: inout FlowBatch, summary: inout DatagramSummary
    ) -> Int {
        let count: Int
        var reader = records
        if plan.isOptions {
            count = decodeOptionsData(&reader, plan: plan, of: message, into: &batch)
        } else {
            let decoder = RecordDecoder(plan: plan, message: message)
            if !plan.isPlain || batch.wantsDetail {
                count = decoder.decode(&reader, into: &batch, summary: &summary)
            } else if plan.isFixed {
                count = decoder.decodeColumns(&reader, into: &batch)
            } else {
                count = decoder.decodeSegments(&reader, into: &batch)
            }
            summary.records += count
        }
        // What is left is padding where it is shorter than any record (RFC 7011 §3.3.1).
        if reader.remaining >= plan.minimumLength || count == 0 && records.remaining > 0 { summary.note(.malformed) }
        return count
    }

    /// Decodes options data: what the exporter says about itself.
    private mutating func decodeOptionsData(_ reader: inout ByteReader, plan: TemplatePlan, of message: Message, into batch: inout FlowBatch) -> Int {
        var count = 0
        while reader.remaining >= plan.minimumLength {
            var next = reader
            var values = RareValues()
            guard plan.readRare(&next, into: &values) else { break }
            reader = next
            count += 1
            let domain = values.domain ?? message.domain
            if plan.carriesRates {
                // Some send 0 for "not sampled".
                batch.facts.append(.samplingRate(domain: domain, sampler: values.sampler, rate: max(values.sampling.rate, 1)))
            }
            if let index = values.interface, let name = values.interfaceName?.text(), !name.isEmpty {
                batch.facts.append(.interfaceName(domain: domain, index: index, name: name))
            }
            if let seconds = values.activeTimeout, seconds > 0 {
                batch.facts.append(.activeTimeout(domain: domain, seconds: seconds))
            }
            if let start = values.systemInit { learn(systemStart: start, domain: domain) }
        }
        return count
    }

    /// Octets that are counted for a domain's system start.
    private static let systemStartCost = 64

    private mutating func learn(systemStart start: UInt64, domain: UInt32) {
        if systemStarts[domain] == nil {
            guard systemStarts.count < limits.systemStarts, templateBytes + Self.systemStartCost <= allowance.templateBytes else { return }
            templateBytes += Self.systemStartCost
        }
        systemStarts[domain] = start
    }
}
