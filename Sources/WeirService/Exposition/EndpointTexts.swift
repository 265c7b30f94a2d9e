import Identity
import Metrics
import Synchronization

/// The label text of each endpoint, escaped once: a flow family's line is put together from two of them.
struct EndpointTexts: Sendable {
    private var labels: [EndpointLabels] = []
    private var sources: [LabelText] = []
    private var destinations: [LabelText] = []
    private var generation: UInt64 = 0

    /// Takes up what the registry has given new numbers since.
    mutating func refresh(_ registry: EndpointRegistry) {
        let now = registry.snapshot()
        guard now.generation != generation else { return }
        generation = now.generation
        for (index, labels) in now.labels.enumerated() {
            if index < self.labels.count {
                guard self.labels[index] != labels else { continue }
                self.labels[index] = labels
                sources[index] = Self.source(labels)
                destinations[index] = Self.destination(labels)
            } else {
                self.labels.append(labels)
                sources.append(Self.source(labels))
                destinations.append(Self.destination(labels))
            }
        }
    }

    /// Whether the endpoint's text is there.
    func knows(_ number: EndpointNumber) -> Bool { Int(number.rawValue) < labels.count }

    /// `source_namespace="…",source_pod="…"`.
    func source(_ number: EndpointNumber) -> LabelText { sources[Int(number.rawValue)] }

    /// `destination_namespace="…",destination_pod="…"`.
    func destination(_ number: EndpointNumber) -> LabelText { destinations[Int(number.rawValue)] }

    private static func source(_ labels: EndpointLabels) -> LabelText {
        LabelText(["source_namespace": labels.namespace, "source_pod": labels.pod])
    }

    private static func destination(_ labels: EndpointLabels) -> LabelText {
        LabelText(["destination_namespace": labels.namespace, "destination_pod": labels.pod])
    }
}
