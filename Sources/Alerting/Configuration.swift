import ConfigurationFile
import HTTPClient

/// Who is told of alerts, and how. Key: `alerting`.
package struct AlertingConfiguration: Sendable, Equatable {
    /// A secret, or the file that holds it, which is read again for each request.
    package enum SecretSource: Sendable, Equatable {
        case inline(Secret)
        case file(String)
    }

    /// Who Weir says it is.
    package enum Authentication: Sendable, Equatable {
        case none
        case basic(user: String, password: SecretSource)
        case bearer(SecretSource)
    }

    /// A receiver that is reached over HTTP. Keys: those of `alerting.alertmanagers[]` and `alerting.webhooks[]`.
    package struct HTTPReceiver: Sendable, Equatable {
        /// Without a slash at its end.
        package var url: String
        package var authentication = Authentication.none
        package var tls = TLSOptions()
        /// How long a request may take, nanoseconds.
        package var timeout: Int64 = 10_000_000_000

        package init(url: String) {
            self.url = url
        }
    }

    /// Whether Events are written to the pods concerned.
    package enum KubernetesEvents: String, Sendable, CaseIterable {
        case enabled
        case disabled
    }

    /// Where a line goes for each step of an alert.
    package enum Log: Sendable, Equatable {
        case stdout
        case disabled
        case file(String)
    }

    /// Put on every alert that is delivered, where it has no label of that name.
    package var externalLabels: [String: String] = [:]
    package var alertmanagers: [HTTPReceiver] = []
    package var webhooks: [HTTPReceiver] = []
    package var kubernetesEvents = KubernetesEvents.disabled
    package var log = Log.stdout

    package init() {}
}
