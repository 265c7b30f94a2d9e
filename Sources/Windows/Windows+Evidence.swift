import FlowModel
import Identity

/// Which pods made it, and by what they said.
extension Windows {
    /// Traffic of two pods towards one port (or that port's answers), and how it changed.
    package struct Talk: Sendable {
        package var source: EndpointNumber
        package var destination: EndpointNumber
        package var protocolNumber: UInt8
        /// The service's port; 0 where there is none.
        package var port: UInt16
        /// Whether it is the service's answers.
        package var isReply: Bool
        /// In the minute before the tick that was judged, and up to it.
        package var bytes: Int64
        package var packets: Int64
        /// In as long a time of the minutes before, on average; nil where those are not kept any more.
        package var bytesBefore: Double?

        /// How much the bytes changed, or how many they are where nothing is known of before.
        package var change: Double { abs(Double(bytes) - (bytesBefore ?? 0)) }
    }

    /// What pods of these workloads said to each other up to a tick, what changed most first.
    package func talks(between pairs: [WorkloadPair], upTo tick: Int64, limit: Int) -> [Talk] {
        let places = Set(pairs.compactMap(place(of:)))
        return heaviest(upTo: tick, limit: limit) { pair in places.contains(Int(pair.series)) }
    }

    /// What an endpoint said up to a tick, what changed most first.
    package func talks(of source: EndpointNumber, upTo tick: Int64, limit: Int) -> [Talk] {
        heaviest(upTo: tick, limit: limit) { pair in pair.ends.source == source }
    }

    /// The exporters that told of these workloads' traffic lately.
    package func exporters(of pairs: [WorkloadPair]) -> Set<ExporterNumber> {
        Set(pairs.flatMap(exporters(of:)))
    }

    /// Why packets between these workloads were dropped lately, most packets first.
    package func dropReasons(of pairs: [WorkloadPair]) -> [(reason: DropReason, packets: Int64)] {
        dropReasons.reasons(of: Set(pairs))
    }

    private func heaviest(upTo tick: Int64, limit: Int, where isWanted: (PodPairs.Pair) -> Bool) -> [Talk] {
        let end = (tick + 1) * ClosedTick.seconds
        let minute = end / 60
        let window = minute - 1...minute
        // The last minute of it is not over.
        let covered = Double(end - window.lowerBound * 60) / 60
        // Of the minutes before, those that all talks still have.
        let oldest = podPairs.talks.reduce(into: Int64(0)) { if $1.pair >= 0 { $0 = max($0, $1.minute) } } - Int64(PodPairs.minutes) + 1
        let before = max(minute - 5, oldest)...max(minute - 2, oldest)
        let isKept = before.upperBound < window.lowerBound
        var found: [Talk] = []
        for talk in podPairs.talks where talk.pair >= 0 && isWanted(podPairs.pairs[Int(talk.pair)]) {
            let amounts = talk.amounts(in: window)
            let earlier = isKept ? talk.amounts(in: before).bytes * covered / Double(before.count) : 0
            guard amounts.packets > 0 || amounts.bytes > 0 || earlier > 0 else { continue }
            let ends = podPairs.pairs[Int(talk.pair)].ends
            found.append(
                Talk(
                    source: ends.source, destination: ends.destination, protocolNumber: talk.protocolNumber, port: talk.port, isReply: talk.isReply,
                    bytes: Int64(amounts.bytes), packets: Int64(amounts.packets), bytesBefore: isKept ? earlier : nil))
        }
        found.sort { $0.change > $1.change }
        return Array(found.prefix(limit))
    }
}
