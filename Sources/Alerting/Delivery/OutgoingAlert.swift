import FlowModel

/// An alert as it is told to others: with the labels of this installation, its evidence as text, and a link to its page.
package struct OutgoingAlert: Sendable, Codable, Equatable {
    package var labels: [String: String]
    package var annotations: [String: String]
    package var startsAt: Timestamp
    /// When it ended; nil while it fires.
    package var endsAt: Timestamp?
    /// Empty where `web.external_url` does not say where the page is.
    package var generatorURL: String

    /// What is put on every alert, and where its page is.
    package struct Surroundings: Sendable, Equatable {
        package var externalLabels: [String: String]
        /// Without a slash at its end.
        package var externalURL: String?

        package init(externalLabels: [String: String] = [:], externalURL: String? = nil) {
            self.externalLabels = externalLabels
            self.externalURL = externalURL
        }
    }

    /// `alert`, which fires or has fired, for others.
    package init(_ alert: Alert, _ surroundings: Surroundings) {
        labels = alert.labels.merging(surroundings.externalLabels) { own, _ in own }
        annotations = alert.annotations
        if let evidence = alert.evidence { annotations["evidence"] = EvidenceText.json(evidence) }
        startsAt = alert.startsAt
        endsAt = alert.resolvedAt
        generatorURL = surroundings.externalURL.map { "\($0)/alerts/\(alert.id)" } ?? ""
    }

    /// As Alertmanager has it, with the labels of the installation.
    package var fingerprint: AlertID { AlertID(labels: labels) }
}
