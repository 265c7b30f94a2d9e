import FlowModel

/// Sessions that have ended, one row for each exporter: its counters may not go back because a connection was closed.
extension SessionStatus {
    /// Takes the session as ended: nothing waits in it, no template of it is known any more, what was counted stays.
    package mutating func end() {
        isEnded = true
        sourcePort = 0
        templates = 0
        pending = 0
        contradictions = []
        foldStreams()
    }

    /// Leaves open whose it was: it counts among those that are not told apart.
    package mutating func forgetExporter() {
        address = .unspecified
        folded &+= 1
    }

    /// Adds another ended session of the same exporter; what is no sum is that of the one heard last.
    package mutating func add(ended other: SessionStatus) {
        let (older, newer) = other.lastSeen >= lastSeen ? (self, other) : (other, self)
        self = newer
        firstSeen = min(older.firstSeen, newer.firstSeen)
        for statistics in older.protocols {
            if let index = protocols.firstIndex(where: { $0.exportProtocol == statistics.exportProtocol }) {
                protocols[index].add(statistics)
            } else {
                protocols.append(statistics)
            }
        }
        domains = []
        agents = []
        streams += older.streams
        folded &+= older.folded
        unknownSamplingRecords &+= older.unknownSamplingRecords
        for words in older.corrections where !corrections.contains(words) { corrections.append(words) }
        if detectedProfile == .standard { detectedProfile = older.detectedProfile }
        end()
    }

    /// Leaves one stream for each protocol: where its numbers stood matters to nobody any more, what was lost does.
    private mutating func foldStreams() {
        var folded: [Stream] = []
        for stream in streams {
            if let index = folded.firstIndex(where: { $0.exportProtocol == stream.exportProtocol && $0.unit == stream.unit }) {
                folded[index].received &+= stream.received
                folded[index].lost &+= stream.lost
            } else {
                folded.append(stream)
                folded[folded.count - 1].next = nil
            }
        }
        streams = folded
    }
}
