import Synchronization

/// Metrics of one name, told apart by the values of the same labels; each is made when it is first asked for.
public final class Family<Member: Metric>: Sendable {
    private struct Entry {
        var labels: LabelText
        var metric: Member
    }

    private let labelNames: [String]
    private let members = Mutex<[[String]: Entry]>([:])

    init(labelNames: [String]) {
        self.labelNames = labelNames
    }

    /// The metric whose labels have these values, in the order of the names; hold on to it where it is changed often.
    public subscript(values: String...) -> Member {
        precondition(values.count == labelNames.count, "a value is wanted for each of \(labelNames)")
        return members.withLock { members in
            if let entry = members[values] { return entry.metric }
            var labels = LabelText([:])
            for (name, value) in zip(labelNames, values) { labels.append(name, value) }
            let metric = Member()
            members[values] = Entry(labels: labels, metric: metric)
            return metric
        }
    }

    /// Stops to expose the metric whose labels have these values.
    public func remove(_ values: String...) {
        members.withLock { _ = $0.removeValue(forKey: values) }
    }

    func write(to writer: inout ExpositionWriter) {
        let entries = members.withLock { Array($0.values) }
        for entry in entries.sorted(by: { $0.labels < $1.labels }) {
            entry.metric.write(entry.labels, to: &writer)
        }
    }
}
