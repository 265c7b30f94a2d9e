import FlowModel

/// Compiles a template: chooses among elements that say the same, and lays the steps out by the segments of the record.
struct PlanBuilder {
    private(set) var segments: [TemplatePlan.Segment] = []
    private(set) var flowSteps: [FlowStep] = []
    private(set) var reverseSteps: [FlowStep] = []
    private(set) var detailSteps: [DetailStep] = []
    private(set) var rareSteps: [RareStep] = []
    private(set) var traits = TemplateTraits()
    private(set) var flowTraits = Flow.Traits()
    private(set) var reverseTraits = Flow.Traits.reverse
    private(set) var etherType: UInt16 = 0
    private(set) var isHybrid = false

    /// What is done with each field of the template.
    private struct Use {
        var flow: [FlowOperation] = []
        var reverse: [FlowOperation] = []
        var detail: [DetailOperation] = []
        var rare: RareOperation?
    }

    init(_ template: SavedTemplates.Template) {
        traits = Self.traits(of: template)
        var uses = [Use](repeating: Use(), count: template.fields.count)
        if let scopeCount = template.scopeCount {
            for (index, field) in template.fields.enumerated() {
                let isVersion9Scope = index < scopeCount && template.exportProtocol == .netflow9
                uses[index].rare = InformationElement.optionsMeaning(of: field, isVersion9Scope: isVersion9Scope)
            }
        } else {
            chooseFlowSteps(template, &uses)
            chooseReverseSteps(template, &uses)
            chooseDetailSteps(template, &uses)
            chooseRareSteps(template, &uses)
        }
        layOut(template.fields, uses)
    }

    // MARK: What the elements show

    private static func traits(of template: SavedTemplates.Template) -> TemplateTraits {
        let elements = Set(template.fields.filter { $0.enterprise == 0 }.map(\.element))
        let enterprises = Set(template.fields.map(\.enterprise))
        var traits = TemplateTraits()
        if enterprises.contains(Enterprise.antrea) { traits.insert(.antrea) }
        if enterprises.contains(Enterprise.vmware) { traits.insert(.vmwareTunnel) }
        if enterprises.contains(Enterprise.reverse) || elements.contains(232) || elements.contains(299) { traits.insert(.biflow) }
        if template.scopeCount != nil {
            traits.insert(.options)
            return traits
        }
        if elements.isSuperset(of: [138, 354]), !elements.isDisjoint(with: [352, 353]) { traits.insert(.openVSwitch) }
        if !elements.isDisjoint(with: [48, 302]), elements.isDisjoint(with: [34, 50, 305, 309]) { traits.insert(.sampler) }
        return traits
    }

    // MARK: Choosing

    /// The fields that win their slots: for each, the first of the lowest rank whose length the operation can use.
    private func winners<Operation: PlanOperation>(
        _ fields: [TemplateField], slot: (Operation) -> Operation, meanings: (TemplateField) -> [(operation: Operation, rank: Int)]
    ) -> [(field: Int, operation: Operation, rank: Int)] {
        var winners: [(field: Int, operation: Operation, rank: Int)] = []
        for (index, field) in fields.enumerated() where field.length > 0 {
            for meaning in meanings(field) where field.isVariable || meaning.operation.shape.admits(Int(field.length)) {
                if let rival = winners.firstIndex(where: { slot($0.operation) == slot(meaning.operation) }) {
                    if meaning.rank < winners[rival].rank { winners[rival] = (index, meaning.operation, meaning.rank) }
                } else {
                    winners.append((index, meaning.operation, meaning.rank))
                }
            }
        }
        return winners
    }

    private mutating func chooseFlowSteps(_ template: SavedTemplates.Template, _ uses: inout [Use]) {
        let isOpenVSwitch = traits.contains(.openVSwitch)
        var winners = winners(template.fields, slot: \FlowOperation.slot) { field in
            switch field.enterprise {
            // Open vSwitch sends frame octets also for what is no IP and has no IP octets.
            case 0 where isOpenVSwitch && field.element == 352: []
            case 0: InformationElement.flowMeanings(of: field.element)
            case Enterprise.vmware where field.element == 893: [(.tunnelSource, 0)]
            default: []
            }
        }
        func has(_ operation: FlowOperation) -> Bool { winners.contains { $0.operation == operation } }
        // Counts of one kind belong together: packets as a total beside bytes as a delta would be counted again and again.
        let bytesRank = winners.first { $0.operation == .bytes }?.rank
        if let bytesRank, bytesRank != InformationElement.totalsRank {
            winners.removeAll { $0.operation == .packets && $0.rank == InformationElement.totalsRank }
        }
        let countsRank = bytesRank ?? winners.first { $0.operation == .packets }?.rank
        if countsRank == InformationElement.totalsRank { flowTraits.insert(.totals) }
        if has(.tcpFlags) { flowTraits.insert(.hasTCPFlags) }
        if has(.sampler) { flowTraits.insert(.hasSampler) }
        if has(.sourcePort) { winners.removeAll { $0.operation == .udpSourcePort || $0.operation == .tcpSourcePort } }
        if has(.destinationPort) { winners.removeAll { $0.operation == .udpDestinationPort || $0.operation == .tcpDestinationPort } }
        if has(.typeOfService) { winners.removeAll { $0.operation == .dscp } }
        let has4 = has(.source4) || has(.destination4)
        let has6 = has(.source6) || has(.destination6)
        isHybrid = has4 && has6
        if has4 != has6 { etherType = has4 ? 0x0800 : 0x86DD }
        for winner in winners { uses[winner.field].flow.append(isHybrid ? winner.operation.ifSet : winner.operation) }
    }

    private mutating func chooseReverseSteps(_ template: SavedTemplates.Template, _ uses: inout [Use]) {
        let winners = winners(template.fields, slot: \FlowOperation.slot) { field in
            InformationElement.reverseMeanings(of: field.element, enterprise: field.enterprise)
        }
        for winner in winners {
            uses[winner.field].reverse.append(winner.operation)
            if winner.operation == .tcpFlags { reverseTraits.insert(.hasTCPFlags) }
            if winner.operation == .bytes || winner.operation == .packets, winner.rank == InformationElement.totalsRank {
                reverseTraits.insert(.totals)
            }
        }
    }

    private mutating func chooseDetailSteps(_ template: SavedTemplates.Template, _ uses: inout [Use]) {
        let winners = winners(template.fields, slot: \DetailOperation.self) { field in
            InformationElement.detailMeanings(of: field.element, enterprise: field.enterprise)
        }
        for winner in winners { uses[winner.field].detail.append(winner.operation) }
        // Open vSwitch names the ingress and then the egress interface with the same element.
        let names = template.fields.indices.filter { template.fields[$0].enterprise == 0 && template.fields[$0].element == 82 }
        for (index, operation) in zip(names, [DetailOperation.inputName, .outputName]) { uses[index].detail.append(operation) }
    }

    private mutating func chooseRareSteps(_ template: SavedTemplates.Template, _ uses: inout [Use]) {
        // Where the record says when its system started, its uptimes wait for that.
        let saysStart = template.fields.contains { $0.enterprise == 0 && $0.element == 160 && $0.length > 0 }
        for (index, field) in template.fields.enumerated() {
            if let operation = InformationElement.rareMeaning(of: field.element, enterprise: field.enterprise) {
                // The version tells what the addresses tell already.
                if operation == .ipVersion, etherType != 0 { continue }
                uses[index].rare = operation
            }
            if saysStart, let uptime = uses[index].flow.first(where: { $0 == .startUptime || $0 == .endUptime }) {
                uses[index].flow.removeAll { $0 == uptime }
                uses[index].rare = uptime == .startUptime ? .startUptime : .endUptime
            }
        }
    }

    // MARK: Laying out

    private mutating func layOut(_ fields: [TemplateField], _ uses: [Use]) {
        var position = 0
        for (field, use) in zip(fields, uses) {
            if field.isVariable {
                closeSegment(length: position == 0 ? nil : position)
                position = 0
                add(use, end: 0, width: nil)
                closeSegment(length: 0, isVariable: true)
            } else {
                position += Int(field.length)
                add(use, end: position, width: Int(field.length))
            }
        }
        closeSegment(length: position == 0 ? nil : position)
    }

    private mutating func add(_ use: Use, end: Int, width: Int?) {
        func step<Operation>(_ operation: Operation) -> PlanStep<Operation>? {
            // A variable-length field gets its place and width with each record.
            guard let width else { return PlanStep(operation, end: 0, width: 0) }
            return width > 0 && operation.shape.admits(width) ? PlanStep(operation, end: end, width: width) : nil
        }
        flowSteps += use.flow.compactMap(step)
        reverseSteps += use.reverse.compactMap(step)
        detailSteps += use.detail.compactMap(step)
        if let rare = use.rare.flatMap(step) { rareSteps.append(rare) }
    }

    /// Ends the segment that the steps since the last one belong to; does nothing where `length` is nil.
    private mutating func closeSegment(length: Int?, isVariable: Bool = false) {
        guard let length else { return }
        let last = segments.last
        segments.append(
            TemplatePlan.Segment(
                length: isVariable ? nil : length, flow: (last?.flow.upperBound ?? 0)..<flowSteps.count,
                reverse: (last?.reverse.upperBound ?? 0)..<reverseSteps.count, detail: (last?.detail.upperBound ?? 0)..<detailSteps.count,
                rare: (last?.rare.upperBound ?? 0)..<rareSteps.count))
    }
}

extension FlowOperation {
    /// The same for a record that has addresses of both families: one that is zero is passed over.
    fileprivate var ifSet: FlowOperation {
        switch self {
        case .source4: .source4IfSet
        case .source6: .source6IfSet
        case .destination4: .destination4IfSet
        case .destination6: .destination6IfSet
        default: self
        }
    }
}
