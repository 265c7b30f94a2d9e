import FlowModel

extension SessionDecoder {
    /// What learning a template came to.
    private enum Learned {
        case unchanged
        case changed(TemplatePlan)
    }

    /// What one withdrawal can name: the templates of an observation domain, or its options templates.
    struct WithdrawalGroup: Hashable {
        var domain: UInt32
        var isOptions: Bool
    }

    /// Reads a set that is no data set: templates, options templates, withdrawals.
    mutating func decodeTemplateSet(
        _ set: ByteReader, id setID: UInt16, of message: Message, into batch: inout FlowBatch, summary: inout DatagramSummary
    ) {
        var reader = set
        // A template of many fields must not keep its session large.
        defer { fieldBuffer = [] }
        let isOptions: Bool
        switch (message.version, setID) {
        case (9, 0), (10, 2): isOptions = false
        case (9, 1), (10, 3): isOptions = true
        default: return summary.note(.malformed)
        }
        // What is left of a set is padding where it is shorter than a template's header, or zero (RFC 7011 §3.3.1).
        while reader.remaining >= 4, reader.peek(UInt16.self) != 0 {
            do throws(DecodeError) {
                try decodeTemplate(&reader, isOptions: isOptions, setID: setID, of: message, into: &batch)
            } catch {
                summary.note(error)
                // Where a template ends is known unless the set is too short for it.
                if error == .truncated || error == .malformed { return }
            }
        }
    }

    private mutating func decodeTemplate(
        _ reader: inout ByteReader, isOptions: Bool, setID: UInt16, of message: Message, into batch: inout FlowBatch
    ) throws(DecodeError) {
        guard let id = reader.uint16(), let second = reader.uint16() else { throw .truncated }
        var fieldCount = Int(second)
        var scopeCount: Int?
        if message.version == 10, second == 0 { return withdraw(id, setID: setID, domain: message.domain) }
        if isOptions {
            guard let third = reader.uint16() else { throw .truncated }
            if message.version == 9 {
                // RFC 3954 §6.1: lengths in octets of the scope fields, then of the option fields.
                guard (second | third) & 3 == 0 else { throw .malformed }
                scopeCount = Int(second) / 4
                fieldCount = (Int(second) + Int(third)) / 4
            } else {
                scopeCount = Int(third)
            }
        }
        try readFields(&reader, count: fieldCount, hasEnterprises: message.version == 10)
        let key = TemplateKey(version: message.version, domain: message.domain, id: id)
        do throws(DecodeError) {
            guard id >= 256, fieldCount > 0 else { throw .badTemplate }
            // RFC 7011 §3.4.2.2: an options template has a scope. Version 9 has had some without.
            if let scopeCount, scopeCount > fieldCount || scopeCount == 0 && message.version == 10 { throw .badTemplate }
            guard fieldCount <= limits.fieldsPerTemplate else { throw .fieldLimit }
            if case .changed(let plan) = try learn(key, version: message.version, domain: message.domain, id: id, scopeCount: scopeCount, fieldBuffer)
            {
                templateRevision &+= 1
                batch.facts += plan.facts
            }
        } catch {
            // What the exporter sends from now on is not what the old template says.
            if remove(key) { templateRevision &+= 1 }
            throw error
        }
    }

    /// Reads field specifiers into `fieldBuffer`, of which it holds no more than a template may have.
    private mutating func readFields(_ reader: inout ByteReader, count: Int, hasEnterprises: Bool) throws(DecodeError) {
        fieldBuffer.removeAll(keepingCapacity: true)
        for _ in 0..<count {
            guard let element = reader.uint16(), let length = reader.uint16() else { throw .truncated }
            var field = TemplateField(element: element, length: length)
            if hasEnterprises, element & 0x8000 != 0 {
                guard let enterprise = reader.uint32() else { throw .truncated }
                field.element = element & 0x7FFF
                field.enterprise = enterprise
            }
            if fieldBuffer.count < limits.fieldsPerTemplate { fieldBuffer.append(field) }
        }
    }

    /// Takes in a template whose fields are complete.
    private mutating func learn(
        _ key: TemplateKey, version: UInt16, domain: UInt32, id: UInt16, scopeCount: Int?, _ fields: [TemplateField]
    ) throws(DecodeError) -> Learned {
        let old = templates[key]
        if let old, old.template.scopeCount == scopeCount, old.template.fields == fields { return .unchanged }
        let minimumLength = try TemplatePlan.minimumLength(of: fields)
        let fieldsLeft = fieldCount - (old?.template.fields.count ?? 0)
        guard old != nil || templates.count < limits.templates else { throw .templateLimit }
        guard fieldsLeft + fields.count <= limits.fields else { throw .fieldLimit }
        let template = SavedTemplates.Template(version: version, domain: domain, id: id, scopeCount: scopeCount, fields: fields)
        // Where it is known to be too large, compiling it is no use.
        let bytesLeft = templateBytes - (old?.heldBytes ?? 0)
        guard bytesLeft + 512 + fields.count * MemoryLayout<TemplateField>.stride <= allowance.templateBytes else { throw .templateLimit }
        let plan = TemplatePlan(template, minimumLength: minimumLength)
        let bytes = plan.heldBytes
        guard bytesLeft + bytes <= allowance.templateBytes else { throw .templateLimit }
        remove(key)
        fieldCount += fields.count
        templateBytes += bytes
        templates.set(key, to: plan)
        if version == 10 {
            withdrawable[WithdrawalGroup(domain: domain, isOptions: plan.isOptions), default: []].insert(id)
            withdrawn = nil
        }
        if plan.traits.contains(.openVSwitch) { sharedTemplates.set(TemplateKey(sharedID: id), to: plan) }
        return .changed(plan)
    }

    /// Removes one template, or all of the set's kind in the domain, as a withdrawal says (RFC 7011 §8.1).
    private mutating func withdraw(_ id: UInt16, setID: UInt16, domain: UInt32) {
        if id == setID {
            // A message has room for thousands of these: each costs no more than learning what it withdraws did.
            let group = WithdrawalGroup(domain: domain, isOptions: setID == 3)
            guard withdrawn != group else { return }
            for id in withdrawable[group] ?? [] where remove(TemplateKey(version: 10, domain: domain, id: id)) { templateRevision &+= 1 }
            withdrawn = group
        } else if remove(TemplateKey(version: 10, domain: domain, id: id)) {
            templateRevision &+= 1
        }
    }

    @discardableResult
    private mutating func remove(_ key: TemplateKey) -> Bool {
        guard let removed = templates.remove(key) else { return false }
        fieldCount -= removed.template.fields.count
        templateBytes -= removed.heldBytes
        forgetWithdrawable(removed)
        let shared = TemplateKey(sharedID: removed.template.id)
        if sharedTemplates[shared] === removed { sharedTemplates.remove(shared) }
        return true
    }

    private mutating func forgetWithdrawable(_ plan: TemplatePlan) {
        guard plan.template.version == 10 else { return }
        let group = WithdrawalGroup(domain: plan.template.domain, isOptions: plan.isOptions)
        withdrawable[group]?.remove(plan.template.id)
        if withdrawable[group]?.isEmpty == true { withdrawable[group] = nil }
    }

    // MARK: Over a restart

    /// The templates as they are now, to be saved later: taking them copies nothing.
    package struct HeldTemplates: Sendable {
        fileprivate let table: TemplateTable

        /// All templates, to be saved.
        package func saved() -> SavedTemplates {
            SavedTemplates(templates: table.plans.map(\.template).sorted { ($0.version, $0.domain, $0.id) < ($1.version, $1.domain, $1.id) })
        }
    }

    /// The templates as they are now, to be saved later.
    package var heldTemplates: HeldTemplates { HeldTemplates(table: templates) }

    /// All templates, to be saved.
    package func savedTemplates() -> SavedTemplates { heldTemplates.saved() }

    /// Takes in saved templates under the rules that hold for a datagram's; what breaks them is left out. Leaves `templateRevision` as it is.
    package mutating func load(_ saved: SavedTemplates) {
        for template in saved.templates where (template.version == 9 || template.version == 10) && template.id >= 256 {
            if let scopeCount = template.scopeCount, !(0...template.fields.count).contains(scopeCount) { continue }
            guard (1...limits.fieldsPerTemplate).contains(template.fields.count) else { continue }
            _ = try? learn(
                TemplateKey(version: template.version, domain: template.domain, id: template.id), version: template.version, domain: template.domain,
                id: template.id, scopeCount: template.scopeCount, template.fields)
        }
    }

    /// What the templates held show of the exporter: the facts that came with each as it was learned. For use after `load(_:)`, since the refresh of a
    /// template that is known already tells nothing new.
    package var templateFacts: [ExporterFact] {
        templates.plans.sorted {
            ($0.template.version, $0.template.domain, $0.template.id) < ($1.template.version, $1.template.domain, $1.template.id)
        }
        .flatMap(\.facts)
    }
}
