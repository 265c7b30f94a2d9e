import Identity
import Metrics
import Synchronization

/// The label text of each endpoint, escaped once: a flow family's line is put together from two of them.
///
/// Every line of a family has the same names, those without a value empty, as OpenMetrics wants it.
struct EndpointTexts: Sendable {
    private let sourceNames: [String]
    private let destinationNames: [String]
    private var labels: [EndpointLabels] = []
    // Made when they are first asked for; no labels until then.
    private var sources: [LabelText] = []
    private var destinations: [LabelText] = []
    private var generation: UInt64 = 0

    /// No endpoint is known.
    init(_ labels: LabelsConfiguration) {
        let ends = labels.endNames
        sourceNames = ends.map { "source_\($0)" }
        destinationNames = ends.map { "destination_\($0)" } + labels.pairNames
    }

    /// Takes up what the registry has given new numbers since.
    mutating func refresh(_ registry: EndpointRegistry) {
        let now = registry.snapshot()
        guard now.generation != generation else { return }
        generation = now.generation
        for index in labels.indices where labels[index] != now.labels[index] {
            sources[index] = .none
            destinations[index] = .none
        }
        labels = now.labels
        let new = repeatElement(LabelText.none, count: labels.count - sources.count)
        sources += new
        destinations += new
    }

    /// Whether the endpoint's text is there.
    func knows(_ number: EndpointNumber) -> Bool { Int(number.rawValue) < labels.count }

    /// `source_namespace="…",source_pod="…"` and what else is turned on.
    mutating func source(_ number: EndpointNumber) -> LabelText {
        let index = Int(number.rawValue)
        if sources[index].bytes.isEmpty { sources[index] = Self.text("source_namespace", "source_pod", sourceNames, labels[index]) }
        return sources[index]
    }

    /// `destination_namespace="…",destination_pod="…"` and what else is turned on, with the labels of what flows there behind them.
    mutating func destination(_ number: EndpointNumber) -> LabelText {
        let index = Int(number.rawValue)
        if destinations[index].bytes.isEmpty {
            destinations[index] = Self.text("destination_namespace", "destination_pod", destinationNames, labels[index])
        }
        return destinations[index]
    }

    private static func text(_ namespace: String, _ pod: String, _ names: [String], _ labels: EndpointLabels) -> LabelText {
        var text = LabelText.none
        text.append(namespace, labels.namespace)
        text.append(pod, labels.pod)
        for (index, name) in names.enumerated() { text.append(name, index < labels.more.count ? labels.more[index] : "") }
        return text
    }
}
