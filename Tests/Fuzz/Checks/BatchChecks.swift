import FlowModel
import FlowProtocols

extension FlowBatch {
    /// Whether both hold the same flows, octet for octet, and the same of everything else but details, which one may not want.
    func holdsTheSame(as other: FlowBatch) -> Bool {
        flows.holdTheSame(as: other.flows) && claimedNames == other.claimedNames && interfaceCounters == other.interfaceCounters
            && facts == other.facts
    }

    /// What is so of every batch that was decoded from `octets` octets in all.
    func holdsTogether(decodedFrom octets: Int, records: Int) {
        // A record has an octet at least, and may be a biflow, which makes two.
        hold(records <= octets, "\(records) records of \(octets) octets")
        hold((records...2 * records).contains(flows.count), "\(flows.count) flows of \(records) records")
        // Options data tell at most three things in a record.
        hold(facts.count <= 3 * octets, "\(facts.count) facts of \(octets) octets")
        hold(interfaceCounters.count <= octets / 96, "\(interfaceCounters.count) interface counters of \(octets) octets")
        hold(details.count == (wantsDetail ? flows.count : 0), "\(details.count) details of \(flows.count) flows")
        holdsNames()
    }

    /// What is so of every batch that a session has normalised.
    func isCounted(at now: Timestamp) {
        for flow in flows {
            hold(flow.samplingRate >= 1, "a flow that counts was not given a rate")
            hold(flow.end <= now, "a flow ends in the future")
            hold(flow.start <= flow.end, "a flow ends before it starts")
            hold(flow.end.since(flow.start) <= 86_400_000_000_000, "a flow is longer than a day")
            hold(flow.end != .unknown || now == .unknown, "a flow has no time")
            hold((flow.dropReason == .none) == (flow.droppedPackets | flow.droppedBytes == 0), "a drop without a reason, or a reason without a drop")
        }
        hold(details.count == (wantsDetail ? flows.count : 0), "\(details.count) details of \(flows.count) flows")
        holdsNames()
    }

    private func holdsNames() {
        var last = -1
        for names in claimedNames {
            hold(names.flow > last && names.flow < flows.count, "names of flow \(names.flow), after \(last), of \(flows.count)")
            last = names.flow
            for text in [names.sourceNamespace, names.sourcePod, names.destinationNamespace, names.destinationPod] {
                // An octet that is no UTF-8 becomes three.
                hold(text.utf8.count <= 3 * 255, "a name of \(text.utf8.count) octets")
            }
        }
    }
}

extension [Flow] {
    /// Whether these are the same flows, octet for octet.
    func holdTheSame(as other: [Flow]) -> Bool {
        unsafe withUnsafeBytes { these in unsafe other.withUnsafeBytes { those in unsafe these.elementsEqual(those) } }
    }
}

extension DatagramSummary {
    /// Whether both say the same.
    func saysTheSame(as other: DatagramSummary) -> Bool {
        exportProtocol == other.exportProtocol && observationDomain == other.observationDomain && sequenceNumber == other.sequenceNumber
            && sequenceUnits == other.sequenceUnits && exportTime == other.exportTime && uptimeMilliseconds == other.uptimeMilliseconds
            && agentAddress == other.agentAddress && records == other.records && keptDataSets == other.keptDataSets && errors == other.errors
    }
}
